/** What answers in the place of GitHub's API: a server of somebody else's, or one that was broken into. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseRepository } from "../../src/core/git/repository.ts";
import type { MadeApp } from "../doubles/github/apps/actions.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { listen } from "../doubles/server.ts";
import { openAppBed } from "../git-providers/app-bed.ts";

let github: GitHub;
let app: MadeApp;

beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository("acme/app", { private: true, files: { "a.txt": "a\n" } });
  app = github.createApp({ slug: "acme-fairlead", permissions: { contents: "write", statuses: "write" } });
  github.installApp({ app: app.id, account: "acme" });
});
afterEach(() => github.stop());

/** Returns a GitHub whose API is asked through a server of ours; `answer` tells whether it has answered itself. */
async function inFront(
  stack: AsyncDisposableStack,
  answer: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<GitHub> {
  const host = await listen(stack, async (request, response) => {
    const body = Buffer.concat((await request.toArray()) as Buffer[]);
    if (answer(request, response)) return;
    const { method = "GET", url = "", headers } = request;
    const asked = {
      authorization: headers.authorization ?? "",
      accept: headers.accept ?? "",
      "user-agent": "fairlead",
      "content-type": "application/json",
    };
    const answered = await fetch(github.url + url, { method, headers: asked, ...(method !== "GET" && { body }) });
    response.writeHead(answered.status, { "content-type": "application/json" }).end(Buffer.from(await answered.arrayBuffer()));
  });
  return { ...github, host, url: `http://${host}`, apiUrl: github.apiUrl.replace(github.host, host) };
}

describe("a server in the place of GitHub's API", () => {
  test("attack 72 (an App's token is shown by a server that answers with it): an error shows nothing of the JSON Web Token", async () => {
    const seen: string[] = [];
    await using stack = new AsyncDisposableStack();
    const bad = await inFront(stack, ({ headers }, response) => {
      seen.push(headers.authorization?.split(" ")[1] ?? "none");
      response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify({ message: `refused: ${headers.authorization}` }));
      return true;
    });
    const bed = openAppBed(bad, { app });
    const shown = bed.redact(await bed.failure(bed.token("acme/app", "contents:read")));
    expect(shown).toContain("refused: bearer ***");
    expect(seen[0]).toMatch(/^eyJ/);
    expect(seen.filter((token) => bed.redact(token) !== "***")).toEqual([]);
  });

  test("attack 72: the part of a token that is left in a cut error of GraphQL is not shown either", async () => {
    const seen: string[] = [];
    await using stack = new AsyncDisposableStack();
    const bad = await inFront(stack, ({ url = "", headers }, response) => {
      if (!url.endsWith("/graphql")) return false;
      seen.push(headers.authorization?.split(" ")[1] ?? "none");
      const errors = [{ type: "INVALID", message: `${"x".repeat(280)} ${headers.authorization}` }];
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ data: null, errors }));
      return true;
    });
    const reader = github.createApp({ slug: "acme-reader", permissions: { actions: "read" } });
    github.installApp({ app: reader.id, account: "acme" });
    const bed = openAppBed(bad, { app: reader, needs: ["workflows:read"] });
    const failure = await bed.failure(bed.provider.dispatch!.login(parseRepository(`${bad.url}/acme/app`)));
    expect(seen[0]).toMatch(/^ghs_/);
    expect(failure).toMatch(/GitHub refused it: x{280} token \*\*\* \|/);
  });

  test.each([
    ["a token", /access_tokens$/, 307],
    ["a token, for good", /access_tokens$/, 308],
    ["an installation", /\/installation$/, 301],
    ["a status", /\/statuses\//, 307],
  ])("attack 73 (an API sends us to another host, and its answer is believed): %s is asked of nobody else", async (_what, path, status) => {
    await using stack = new AsyncDisposableStack();
    const asked: string[] = [];
    const other = await listen(stack, ({ url = "" }, response) => {
      asked.push(url);
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ id: 66, token: "ghs_evil" }));
      return Promise.resolve();
    });
    const bad = await inFront(stack, ({ url = "" }, response) => {
      if (!path.test(url)) return false;
      response.writeHead(status, { location: `http://${other}${url}` }).end();
      return true;
    });
    const bed = openAppBed(bad, { app, needs: ["statuses:write"] });
    const set = { context: "x", state: "pending", description: "d", url: undefined } as const;
    const failure = await bed.failure(bed.provider.statuses!.set(parseRepository(`${bad.url}/acme/app`), "a".repeat(40), set));
    expect(failure).toMatch(/^unsupported: .*it redirects a (GET|POST) to http:/);
    expect([asked, bed.pauses]).toEqual([[], []]);
  });
});
