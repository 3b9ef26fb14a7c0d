import { request } from "node:http";
import { expect, test } from "vitest";
import { openVisit } from "../../../webhook/app/loopback.ts";

/** Returns a page whose codes are kept, and never fail. */
async function visit(): Promise<
  Awaited<ReturnType<typeof openVisit<string>>> & { readonly codes: readonly string[]; readonly state: string }
> {
  const codes: string[] = [];
  let state = "";
  const opened = await openVisit({
    port: undefined,
    offer: (back, given) => {
      state = given;
      const form = { action: "https://github.com/settings/apps/new?state=s", fields: { manifest: `{"back":"${back}"}` } };
      return { form, host: "github.com", name: "<b>", owner: undefined, permissions: ["contents: write"], events: ["push"] };
    },
    take: (code) => Promise.resolve((codes.push(code), code)),
    next: (code) => `https://github.com/apps/${code}`,
    notice: () => undefined,
  });
  return Object.assign(opened, { codes, state });
}

/** Asks as another program, with any headers. */
function ask(url: string, options: { readonly method?: string; readonly host?: string } = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: options.method ?? "GET", headers: { host: options.host ?? new URL(url).host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject).end();
  });
}

test("the page of app create answers nobody but who knows its whole address, by GET, under its own name", async () => {
  await using page = await visit();
  const { origin } = new URL(page.url);
  expect({
    page: await ask(page.url),
    query: await ask(`${page.url}?a=1`),
    root: await ask(origin),
    below: await ask(`${page.url}/other`),
    shorter: await ask(page.url.slice(0, -1)),
    post: await ask(page.url, { method: "POST" }),
    head: await ask(page.url, { method: "HEAD" }),
    otherName: await ask(page.url, { host: `attacker.example:${new URL(page.url).port}` }),
    localhost: await ask(page.url, { host: `localhost:${new URL(page.url).port}` }),
    noPort: await ask(page.url, { host: "127.0.0.1" }),
  }).toEqual({
    ...{ page: 200, query: 200, root: 404, below: 404, shorter: 404, post: 405, head: 405 },
    ...{ otherName: 421, localhost: 421, noPort: 421 },
  });
});

test("the page of app create loads and runs nothing, is framed by nobody, and escapes what it shows", async () => {
  await using page = await visit();
  const response = await fetch(page.url);
  const html = await response.text();
  expect(response.headers.get("content-security-policy")).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action https:\/\/github\.com https:; frame-ancestors 'none'; base-uri 'none'$/,
  );
  expect(
    ["cache-control", "referrer-policy", "x-content-type-options", "x-frame-options"].map((name) => response.headers.get(name)),
  ).toEqual([...["no-store", "strict-origin", "nosniff", "DENY"]]);
  expect(html).not.toMatch(/<script|<b>|src=/);
  expect(html).toContain("<code>&#60;b&#62;</code>");
});

test("an answer is taken once, however often the browser comes back with it", async () => {
  await using page = await visit();
  const back = (state: string, code: string): string => `${page.url}/back?${new URLSearchParams({ state, code }).toString()}`;
  const statuses = await Promise.all([ask(back(page.state, "a")), ask(back(page.state, "a"))]);
  expect(statuses.sort()).toEqual([200, 303]);
  expect([await ask(back(page.state, "b")), await ask(back("", "c")), await ask(back(`${page.state}x`, "d"))]).toEqual([200, 403, 403]);
  expect(page.codes).toEqual(["a"]);
  expect(await page.taken).toBe("a");
});

test("an answer without a code is refused", async () => {
  await using page = await visit();
  expect(await ask(`${page.url}/back?state=${page.state}`)).toBe(400);
  expect(page.codes).toEqual([]);
});
