import { afterAll, beforeAll, expect, test } from "vitest";
import { createKeyFetcher } from "../../webhook/key-fetcher.ts";
import { listen } from "../doubles/server.ts";

const stack = new AsyncDisposableStack();
const asked: string[] = [];
let host: string;

/** What is served at each path. */
const answers: Readonly<Record<string, readonly [status: number, headers: Readonly<Record<string, string>>, body: string]>> = {
  "/plain.pem": [200, {}, "a certificate"],
  "/minute": [200, { "cache-control": "public, max-age=60" }, "keys"],
  "/year": [200, { "cache-control": "max-age=31536000" }, "keys"],
  "/never": [200, { "cache-control": "no-store" }, "keys"],
  "/limit": [200, {}, "x".repeat(2 ** 20)],
  "/large": [200, {}, "x".repeat(2 ** 20 + 1)],
  "/moved": [302, { location: "/plain.pem" }, ""],
  "/broken": [503, {}, ""],
};

beforeAll(async () => {
  host = await listen(stack, (request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    asked.push(path);
    const [status, headers, body] = answers[path] ?? [404, {}, ""];
    response.writeHead(status, headers).end(body);
    return Promise.resolve();
  });
});
afterAll(() => stack.disposeAsync());

/** A key fetcher whose https addresses are those of the server, and a clock that only the test moves. */
function open(): { get(path: string): Promise<string>; wait(seconds: number): void } {
  let now = 0;
  const fetcher = createKeyFetcher({ fetch: (url, init) => fetch(`http://${host}${new URL(url).pathname}`, init), now: () => now });
  return {
    get: async (path) => Buffer.from(await fetcher.get(new URL(path, "https://keys.example"))).toString(),
    wait: (seconds) => void (now += seconds * 1000),
  };
}

/** Returns how often a path was asked for while `use` ran. */
async function count(path: string, use: () => Promise<unknown>): Promise<number> {
  const earlier = asked.length;
  await use();
  return asked.slice(earlier).filter((each) => each === path).length;
}

test.each([
  ["/plain.pem", 3599, 1],
  ["/plain.pem", 3601, 2],
  ["/minute", 59, 1],
  ["/minute", 61, 2],
  ["/year", 3601, 2],
  ["/never", 0, 2],
])("a key at %s that is asked for again after %i s is fetched so often: %i", async (path, seconds, times) => {
  const fetcher = open();
  const fetched = await count(path, async () => {
    await fetcher.get(path);
    fetcher.wait(seconds);
    await fetcher.get(path);
  });
  expect(fetched).toBe(times);
});

test("a key that is asked for several times at once is fetched once", async () => {
  const fetcher = open();
  expect(await count("/minute", () => Promise.all([fetcher.get("/minute"), fetcher.get("/minute")]))).toBe(1);
});

test("a key that could not be fetched is fetched again", async () => {
  const fetcher = open();
  const fetched = await count("/broken", async () => {
    await expect(fetcher.get("/broken")).rejects.toMatchObject({ code: "unavailable", message: "get https://keys.example: HTTP 503" });
    await expect(fetcher.get("/broken")).rejects.toMatchObject({ code: "unavailable" });
  });
  expect(fetched).toBe(2);
});

test("the key fetcher keeps a hundred answers, and drops the oldest", async () => {
  const fetcher = open();
  const fetched = await count("/plain.pem", async () => {
    await fetcher.get("/plain.pem");
    for (let at = 0; at < 100; at++) await fetcher.get(`/minute?${at}`);
    await fetcher.get("/plain.pem");
  });
  expect(fetched).toBe(2);
});

test.each([
  ["/nothing", "not_found", "get https://keys.example: HTTP 404"],
  ["/large", "not_found", "get https://keys.example: the answer is larger than 1048576 bytes"],
  ["/moved", "unavailable", "get https://keys.example: no answer"],
  ["http://keys.example/plain.pem?Token=canary", "input", "get http://keys.example: only https is asked"],
])("a key at %s is refused", async (path, code, message) => {
  await expect(open().get(path)).rejects.toMatchObject({ code, message });
});

test("a key of exactly the largest size is taken", async () => {
  expect((await open().get("/limit")).length).toBe(2 ** 20);
});
