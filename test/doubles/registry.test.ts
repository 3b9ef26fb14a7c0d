import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { startProxy } from "./proxy.ts";
import { type Registry, startRegistry } from "./registry.ts";
import type { Running } from "./server.ts";

const digest = (content: string): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;
const basic = (name: string, password: string): { authorization: string } => ({ authorization: `Basic ${btoa(`${name}:${password}`)}` });

/** Pushes a blob in OCI's two requests, and returns both answers' statuses. */
async function push({ url }: Pick<Running, "url">, content: string, headers: Record<string, string> = {}): Promise<number[]> {
  const start = await fetch(`${url}/v2/app/blobs/uploads/`, { method: "POST", headers });
  const location = start.headers.get("location");
  if (!location) return [start.status];
  const end = await fetch(`${location}&digest=${digest(content)}`, {
    method: "PUT",
    headers: { ...headers, "content-type": "application/octet-stream" },
    body: content,
  });
  return [start.status, end.status];
}

const read = async ({ url }: Pick<Running, "url">, content: string): Promise<number> =>
  (await fetch(`${url}/v2/app/blobs/${digest(content)}`)).status;

test("a registry keeps pushed images, and deletes them", async () => {
  await using registry = await startRegistry();
  expect(await push(registry, "hello")).toEqual([202, 201]);
  expect(await read(registry, "hello")).toBe(200);
  expect((await fetch(`${registry.url}/v2/app/blobs/${digest("hello")}`, { method: "DELETE" })).status).toBe(202);
  expect(await read(registry, "hello")).toBe(404);
});

test("a registry with users accepts only a correct password", async () => {
  await using registry = await startRegistry({ users: { ann: "p$ss'w\"ord", bob: "b" } });
  const get = (headers: Record<string, string>): Promise<Response> => fetch(`${registry.url}/v2/`, { headers });
  expect((await get(basic("ann", "p$ss'w\"ord"))).status).toBe(200);
  expect((await get(basic("bob", "b"))).status).toBe(200);
  expect((await get(basic("ann", "b"))).status).toBe(401);
  const anonymous = await get({});
  expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="registry"']);
});

test("a read-only registry over the same folder serves images and refuses pushes", async () => {
  await using registry: Registry = await startRegistry();
  await push(registry, "hello");
  await using mirror = await startRegistry({ folder: registry.folder, readOnly: true });
  expect(await read(mirror, "hello")).toBe(200);
  expect(await push(mirror, "other")).toEqual([405]);
});

test("a proxy counts requests and bytes, and a registry's locations lead back to it", async () => {
  await using registry = await startRegistry();
  await using proxy = await startProxy(registry.host);
  expect(await push(proxy, "hello")).toEqual([202, 201]);
  expect(await read(proxy, "hello")).toBe(200);
  expect(proxy.requests.map(({ path, ...rest }) => ({ path: path.replace(/uploads\/.+/, "uploads/…"), ...rest }))).toEqual([
    { method: "POST", path: "/v2/app/blobs/uploads/", status: 202, sent: 0, received: 0, bytes: 0 },
    { method: "PUT", path: "/v2/app/blobs/uploads/…", status: 201, sent: 5, received: 0, bytes: 5 },
    { method: "GET", path: `/v2/app/blobs/${digest("hello")}`, status: 200, sent: 0, received: 5, bytes: 5 },
  ]);
});

test("a proxy streams bodies larger than its buffers, both ways", async () => {
  await using registry = await startRegistry();
  await using proxy = await startProxy(registry.host);
  const content = "0123456789abcdef".repeat(512 * 1024);
  expect(await push(proxy, content)).toEqual([202, 201]);
  const answer = await fetch(`${proxy.url}/v2/app/blobs/${digest(content)}`);
  expect(digest(await answer.text())).toBe(digest(content));
  expect(proxy.requests.map(({ sent, received }) => [sent, received])).toEqual([
    [0, 0],
    [content.length, 0],
    [0, content.length],
  ]);
});

test("a proxy fails where and as often as a test asks, and cuts connections", async () => {
  await using registry = await startRegistry();
  await using proxy = await startProxy(registry.host, {
    onRequest: ({ url }) => (url === "/mine" ? { status: 418, body: "tea" } : undefined),
  });
  const get = async (path: string): Promise<number> => (await fetch(proxy.url + path)).status;
  proxy.fail(2, 429, { "retry-after": "0" }, /^\/v2\/$/);
  expect([await get("/v2/"), await get("/v2/_catalog"), await get("/v2/"), await get("/v2/")]).toEqual([429, 200, 429, 200]);
  expect(await get("/mine")).toBe(418);
  proxy.fail(1, "reset");
  await expect(get("/v2/")).rejects.toThrow("fetch failed");
  expect(proxy.requests.map(({ status }) => status)).toEqual([429, 200, 429, 200, 418, "reset"]);
});

test("a proxy cuts and corrupts bodies in the middle where a test asks", async () => {
  await using registry = await startRegistry();
  await using proxy = await startProxy(registry.host);
  await push(registry, "hello");
  const where = new RegExp(`^GET .*${digest("hello")}`);
  const get = async (): Promise<string> => (await fetch(`${proxy.url}/v2/app/blobs/${digest("hello")}`)).text();
  proxy.disturb(1, { body: "answer", kind: "corrupt", after: 4 }, where);
  expect(await get()).toBe("helln");
  proxy.disturb(1, { body: "answer", kind: "cut", after: 3 }, where);
  await expect(get()).rejects.toThrow();
  proxy.disturb(1, { body: "request", kind: "cut", after: 3 }, /^PUT/);
  await expect(push(proxy, "other")).rejects.toThrow("fetch failed");
  expect(await read(registry, "other")).toBe(404);
  expect(await get()).toBe("hello");
  expect(proxy.requests.map(({ status, sent, received }) => [status, sent, received])).toEqual([
    [200, 0, 5],
    ["reset", 0, 3],
    [202, 0, 0],
    ["reset", 3, 0],
    [200, 0, 5],
  ]);
});

test("a proxy before a server that has gone cuts the connection", async () => {
  const registry = await startRegistry();
  await using proxy = await startProxy(registry.host);
  await registry.stop();
  await expect(fetch(proxy.url)).rejects.toThrow("fetch failed");
});
