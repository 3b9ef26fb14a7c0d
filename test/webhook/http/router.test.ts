import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { FairleadError } from "../../../src/core/errors.ts";
import { jsonResponse, errorResponse } from "../../../webhook/http/response.ts";
import { anybody, createRouter, type Handler } from "../../../webhook/http/router.ts";
import { createHttpServer } from "../../../webhook/http/server.ts";

const asked: string[] = [];
const page: Handler = {
  method: "GET",
  path: "/page",
  authorize: anybody,
  handle: () => Promise.resolve({ response: { status: 200, type: "text/html; charset=utf-8", body: Buffer.from("<p>é</p>") } }),
};
const readers: Handler = {
  method: "GET",
  path: "/things",
  authorize: ({ headers }) =>
    Promise.resolve(
      headers.authorization === "Bearer good" ? undefined : errorResponse(401, "no token", { headers: { "WWW-Authenticate": "Bearer" } }),
    ),
  handle: () => Promise.resolve({ response: jsonResponse(200, { things: [] }), log: { thing: "all" } }),
};
const makers: Handler = {
  ...{ method: "POST", path: "/things", authorize: anybody },
  handle(request) {
    asked.push(request.url ?? "");
    return Promise.resolve({ response: jsonResponse(201, { made: true }, { headers: { "Cache-Control": "max-age=1" } }) });
  },
};
const broken: Handler = {
  ...{ method: "GET", path: "/broken", authorize: anybody },
  handle: () => Promise.reject(new FairleadError("unavailable", "read store: canary")),
};

/** Asks a server of these handlers, and returns what is seen from outside and what is logged. */
async function ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const logged: Readonly<Record<string, unknown>>[] = [];
  const router = createRouter([broken, page, readers, makers]);
  const server = createHttpServer({
    router: () => router,
    log: (entry) => logged.push(entry),
    requestMilliseconds: 10_000,
    connections: () => ({ connections: 10, connectionsPerPeer: 10, isProxy: () => false }),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method, headers });
  const body = await response.text();
  server.close();
  server.closeAllConnections();
  const told = ["allow", "cache-control", "content-length", "content-type", "www-authenticate"].filter((name) =>
    response.headers.has(name),
  );
  return {
    ...{ status: response.status, body, headers: Object.fromEntries(told.map((name) => [name, response.headers.get(name)])) },
    logged: logged.map(({ milliseconds, ...rest }) => ({ ...rest, milliseconds: typeof milliseconds })),
  };
}

const jsonHeaders = (length: number) => ({
  "cache-control": "no-store",
  "content-length": String(length),
  "content-type": "application/json",
});

test("a handler's bytes are answered with their own content type", async () => {
  expect(await ask("GET", "/page")).toEqual({
    ...{ status: 200, body: "<p>é</p>", logged: [] },
    headers: { "cache-control": "no-store", "content-length": "9", "content-type": "text/html; charset=utf-8" },
  });
});

test("HEAD is answered by the handler of GET with its headers and no body", async () => {
  expect(await ask("HEAD", "/page")).toEqual({
    ...{ status: 200, body: "", logged: [] },
    headers: { "cache-control": "no-store", "content-length": "9", "content-type": "text/html; charset=utf-8" },
  });
});

test("a path is found with any query, and two methods at one path have a handler each", async () => {
  expect(await ask("POST", "/things?dry=1")).toEqual({
    ...{ status: 201, body: '{"made":true}\n', logged: [] },
    headers: { ...jsonHeaders(14), "cache-control": "max-age=1" },
  });
  expect(asked).toEqual(["/things?dry=1"]);
});

test.each(["http://hooks.acme.dev/page", "HTTPS://hooks.acme.dev:8443/page?x=1"])(
  "%s, a whole URL as a proxy sends it, is found by its path",
  async (url) => {
    const router = createRouter([page]);
    const handled = await router({ method: "GET", url, headers: {} } as IncomingMessage);
    expect(handled.response?.status).toBe(200);
  },
);

test.each(["/page", "/ci/page", "/ci/page?x=1", "https://hooks.acme.dev/ci/page"])(
  "%s is found by a router below /ci, whether a proxy takes that away or not",
  async (url) => {
    const handled = await createRouter([page], "/ci")({ method: "GET", url, headers: {} } as IncomingMessage);
    expect(handled.response?.status).toBe(200);
  },
);

test.each(["/ci", "/ci/", "/cipage", "/ci//page", "/ci/ci/page", "/other/page"])("%s is 404 at a router below /ci", async (url) => {
  const handled = await createRouter([page], "/ci")({ method: "GET", url, headers: {} } as IncomingMessage);
  expect(handled.response?.status).toBe(404);
});

test.each(["/", "/thing", "/things/", "//things", "/%74hings", "/page/../things2"])("%s, which no handler has, is 404", async (path) => {
  expect(await ask("GET", path)).toEqual({
    ...{ status: 404, body: '{"error":"nothing is here"}\n', logged: [] },
    headers: jsonHeaders(28),
  });
});

test.each([
  ["DELETE", "/things", "GET, HEAD, POST"],
  ["POST", "/page", "GET, HEAD"],
  ["OPTIONS", "/page", "GET, HEAD"],
])("%s of %s, which its path does not have, is 405 and names those that it has", async (method, path, allow) => {
  expect(await ask(method, path)).toMatchObject({ status: 405, headers: { allow }, logged: [] });
});

test("a caller whom a handler does not authorize gets the handler's refusal, and is not handled", async () => {
  expect(await ask("GET", "/things")).toEqual({
    ...{ status: 401, body: '{"error":"no token"}\n', logged: [] },
    headers: { ...jsonHeaders(21), "www-authenticate": "Bearer" },
  });
  expect(await ask("GET", "/things", { Authorization: "Bearer good" })).toEqual({
    ...{ status: 200, body: '{"things":[]}\n', headers: jsonHeaders(14) },
    logged: [{ status: 200, thing: "all", milliseconds: "number" }],
  });
});

test("a handler that throws is answered 500, and its reason is logged alone", async () => {
  expect(await ask("GET", "/broken")).toEqual({
    ...{ status: 500, body: `{"error":"it failed: see the listener's log"}\n`, headers: jsonHeaders(46) },
    logged: [{ status: 500, code: "unavailable", error: "read store: canary", milliseconds: "number" }],
  });
});

test("two handlers of one method and path are refused", () => {
  expect(() => createRouter([page, readers, { ...page }])).toThrow(new TypeError("two handlers are at /page"));
});
