/** Copies over connections that break, through a proxy before a real registry. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { FairleadError } from "../../../src/core/errors.ts";
import { startProxy, type Disturbance, type Proxy, type ProxyAnswer } from "../../doubles/proxy.ts";
import { startRegistry, type Registry } from "../../doubles/registry.ts";
import { listen, readBody, type Running } from "../../doubles/server.ts";
import { fetchManifest, pushLayers, type Place } from "../content.ts";
import { amd64, copyTag, imageAt, imagesOf, newLayer, pushTwoPlatforms, readTree } from "./copying.ts";

const megabyte = 1024 * 1024;
let source: Registry;
let target: Registry;
let sourceProxy: Proxy;
let targetProxy: Proxy;
beforeAll(async () => {
  [source, target] = await Promise.all([startRegistry(), startRegistry()]);
  [sourceProxy, targetProxy] = await Promise.all([startProxy(source.host), startProxy(target.host)]);
});
afterAll(async () => {
  await Promise.all([sourceProxy, targetProxy].map((each) => each.stop()));
  await Promise.all([source, target].map((each) => each.stop()));
});

const app = ({ host }: Running): Place => ({ host, repository: "acme/app" });
const blobRead = /^GET .*\/blobs\/sha256:/;
const blobSent = /^PUT .*\/blobs\/uploads\//;

async function push(tag: string): Promise<void> {
  await pushLayers(app(source), amd64, [newLayer(2 * megabyte)], tag);
}

const copy = (tag: string, pauses: number[] = []): Promise<unknown> =>
  copyTag(imagesOf(undefined, pauses), app(sourceProxy), app(targetProxy), tag);

async function failureOf(tag: string, from = sourceProxy): Promise<FairleadError> {
  const failure = await copyTag(imagesOf(), app(from), app(targetProxy), tag).then(
    () => expect.unreachable("it did not fail"),
    (error: FairleadError) => error,
  );
  expect(await fetchManifest(app(target), tag)).toBeUndefined();
  return failure;
}

describe("faults during a copy", () => {
  const cut = (body: Disturbance["body"]): Disturbance => ({ body, kind: "cut", after: megabyte });

  test.each([
    ["a connection that breaks while a blob is read", () => sourceProxy.disturb(1, cut("answer"), blobRead)],
    ["a connection that breaks while a blob is sent", () => targetProxy.disturb(1, cut("request"), blobSent)],
    ["three in a row", () => targetProxy.disturb(3, cut("request"), blobSent)],
    ["429 to an upload", () => targetProxy.fail(1, 429, { "retry-after": "7" }, /\/blobs\/uploads\/$/)],
    ["429 to what is sent", () => targetProxy.fail(1, 429, { "retry-after": "7" }, /\/blobs\/uploads\/./)],
    ["500 to what is sent", () => targetProxy.fail(1, 500, {}, /\/blobs\/uploads\/./)],
    ["503 for a blob", () => sourceProxy.fail(2, 503, {}, /\/blobs\/sha256/)],
    ["a connection that is reset before the manifest", () => targetProxy.fail(1, "reset", {}, /\/manifests\//)],
  ])("a copy is complete after %s", async (title, disturb) => {
    const tag = title.replaceAll(" ", "-");
    await push(tag);
    disturb();
    await copy(tag);
    expect(await readTree(app(target), tag)).toEqual(await readTree(app(source), tag));
  });

  test("a copy is complete after a slow answer", async () => {
    await using slow = await startProxy(target.host, { onRequest: () => sleep(20) });
    await push("slow");
    await copyTag(imagesOf(), app(source), app(slow), "slow");
    expect(await readTree(app(target), "slow")).toEqual(await readTree(app(source), "slow"));
  });
});

test("a copy waits for Retry-After between two attempts to send a blob", async () => {
  await push("waits");
  targetProxy.fail(1, 429, { "retry-after": "7" }, /\/blobs\/uploads\/./);
  const pauses: number[] = [];
  await copy("waits", pauses);
  expect(pauses).toEqual([7000]);
});

test("a connection that keeps breaking ends the copy, and no tag is set", async () => {
  await push("broken");
  await using breaking = await startProxy(source.host, {
    onRequest: ({ url }) => (url?.includes("/blobs/") ? { body: "answer", kind: "cut", after: megabyte } : undefined),
  });
  const failure = await failureOf("broken", breaking);
  expect(failure).toMatchObject({ code: "unavailable" });
  expect(failure.message).toContain(`${breaking.host} cannot be reached: connection`); // the source, not the target of its redirect
});

test("a byte that is changed on the way from the source is found before the target has the blob", async () => {
  await push("corrupt");
  sourceProxy.disturb(1, { body: "answer", kind: "corrupt", after: megabyte }, /^GET .*\/blobs\/sha256:/);
  const failure = await failureOf("corrupt");
  expect(failure).toMatchObject({ code: "conflict" });
  expect(failure.message).toMatch(/: the registry sent sha256:\w+ for sha256:\w+$/);
});

test("a byte that is changed on the way to the target is found by the registry", async () => {
  await push("corrupted");
  targetProxy.disturb(1, { body: "request", kind: "corrupt", after: megabyte }, blobSent);
  expect(await failureOf("corrupted")).toMatchObject({ code: "conflict" });
});

test("a refusal in the middle of a large blob stops the read from the source", async () => {
  await using stack = new AsyncDisposableStack();
  await pushLayers(app(source), amd64, [newLayer(32 * megabyte)], "large");
  const host = await listen(stack, async (request, response) => {
    if (request.method === "PUT" && Number(request.headers["content-length"]) > megabyte) {
      response.writeHead(413).end("<h1>Too large</h1>");
      return;
    }
    await readBody(request);
    if (request.method === "POST") response.writeHead(202, { location: "/upload" }).end();
    else response.writeHead(request.method === "PUT" ? 201 : 404).end();
  });
  const before = sourceProxy.requests.length;
  await expect(copyTag(imagesOf(), app(sourceProxy), { host, repository: "acme/app" }, "large")).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(/refuses a request of this size$/) as string,
  });
  const read = sourceProxy.requests.slice(before).reduce((sum, { received }) => sum + received, 0);
  expect(read).toBeLessThan(32 * megabyte);
});

test("an upload and a blob on other hosts do not get the login", async () => {
  await using stack = new AsyncDisposableStack();
  const authorization = `Basic ${Buffer.from("bot:secret").toString("base64")}`;
  await push("elsewhere");
  const seen: (string | undefined)[] = [];
  const onRequest = ({ headers }: IncomingMessage): void => void seen.push(headers.authorization);
  const [storage, uploads] = [await startProxy(source.host, { onRequest }), await startProxy(target.host, { onRequest })];
  stack.use(storage);
  stack.use(uploads);
  const guard = ({ url = "", method, headers }: IncomingMessage): ProxyAnswer | undefined => {
    if (headers.authorization !== authorization) return { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } };
    const isBlob = method === "GET" && url.includes("/blobs/sha256");
    return isBlob ? { status: 307, headers: { location: `${storage.url}${url}` } } : undefined;
  };
  const from = stack.use(await startProxy(source.host, { onRequest: guard }));
  const to = await listen(stack, async (request, response) => {
    const answer = await fetch(`${target.url}${request.url}`, {
      method: request.method ?? "GET",
      headers: { "content-type": request.headers["content-type"] ?? "" },
      ...(request.method === "PUT" && { body: await readBody(request) }),
    });
    if (request.headers.authorization !== authorization) response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
    else response.writeHead(answer.status, { location: answer.headers.get("location")?.replace(target.url, uploads.url) ?? "" }).end();
  });
  const bot = { username: "bot", password: { name: "env:PASSWORD", reveal: () => Promise.resolve("secret") } };
  await copyTag(imagesOf(bot), app(from), { host: to, repository: "acme/app" }, "elsewhere");
  expect(await readTree(app(target), "elsewhere")).toEqual(await readTree(app(source), "elsewhere"));
  expect(seen).toEqual([undefined, undefined, undefined, undefined]); // two blobs, read and sent
});

const program = join(import.meta.dirname, "copy-program.ts");
const nameOf = ({ host, repository }: Place, tag = ""): string => `${host}/${repository}${tag}`;

test("a copy that is killed in the middle leaves no tag, and a second one completes it", async () => {
  await pushTwoPlatforms(app(source), "killed");
  await pushLayers(app(source), amd64, [newLayer(megabyte), newLayer(megabyte)], "killed");
  let puts = 0;
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  await using proxy = await startProxy(target.host, {
    onRequest: async ({ method }) => {
      if (method !== "PUT" || ++puts < 3) return undefined;
      await vi.waitUntil(() => proxy.requests.filter(({ status }) => status === 201).length === 2, { timeout: 60_000 });
      reach();
      return new Promise(() => undefined); // the third blob never ends
    },
  });
  const child = spawn(process.execPath, [program, nameOf(app(source), ":killed"), nameOf(app(proxy))], { stdio: "ignore" });
  const ended = once(child, "exit");
  await reached;
  child.kill("SIGKILL");
  await ended;
  expect(await fetchManifest(app(target), "killed")).toBeUndefined();
  const second = await copyTag(imagesOf(), app(source), app(target), "killed");
  expect(second.blobs).toEqual({ present: 2, mounted: 0, sent: 1 });
  expect(await readTree(app(target), "killed")).toEqual(await readTree(app(source), "killed"));
});

test("a copy of a 64 MiB blob takes less than half of that in memory", async () => {
  await pushLayers(app(source), amd64, [newLayer(64 * megabyte)], "memory");
  const { stdout } = await promisify(execFile)(process.execPath, [program, nameOf(app(source), ":memory"), nameOf(app(target))]);
  const { before, most, bytes } = JSON.parse(stdout) as { before: number; most: number; bytes: number };
  expect(bytes).toBeGreaterThan(64 * megabyte);
  expect((most - before) * 1024).toBeLessThan(32 * megabyte);
});

test("a stopped copy stops at once, and no tag is set", async () => {
  await push("stopped");
  const stop = new AbortController();
  await using proxy = await startProxy(target.host, {
    onRequest: ({ method }) => {
      if (method !== "PUT") return undefined;
      stop.abort();
      return new Promise(() => undefined);
    },
  });
  const images = imagesOf();
  const manifest = await images.manifest(imageAt(app(source), "stopped"));
  const { digest } = manifest;
  await expect(images.copy(imageAt(app(source)), manifest, imageAt(app(proxy)), { referrers: false }, stop.signal)).rejects.toMatchObject({
    code: "canceled",
    message: `copy ${source.host}/acme/app@${digest} to ${proxy.host}/acme/app: stopped`,
  });
});
