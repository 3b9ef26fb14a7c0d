/** Cases that Debian's docker-registry cannot produce: tokens, redirects, wrong and broken answers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { FairleadError } from "../../../src/core/errors.ts";
import { parseImage } from "../../../src/core/image/image.ts";
import type { Images, RawManifest } from "../../../src/core/registry/images.ts";
import { publicServers } from "../../../src/core/servers.ts";
import type { RegistryLogin } from "../../../src/core/registry/registry.ts";
import { createImages } from "../../../src/registries/oci.ts";
import { listen, readBody } from "../../doubles/server.ts";
import { digestOf, ociManifest } from "../content.ts";

type Answer = readonly [status: number, headers?: Record<string, string>, body?: string];

const config = JSON.stringify({ os: "linux", architecture: "amd64" });
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: ociManifest,
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.length },
  layers: [],
});
const digest = digestOf(manifest);
const typed = { "content-type": ociManifest };
const found: Answer = [200, { ...typed, "docker-content-digest": digest }, manifest];

/** Starts a server that answers by a function, and records each request as `METHOD PATH [AUTHORIZATION]`. */
async function start(
  stack: AsyncDisposableStack,
  answer: (request: IncomingMessage, at: number) => Answer | Promise<Answer>,
): Promise<{ host: string; seen: string[] }> {
  const seen: string[] = [];
  const host = await listen(stack, async (request: IncomingMessage, response: ServerResponse) => {
    const { authorization } = request.headers;
    const at = seen.push([request.method, request.url, ...(authorization === undefined ? [] : [authorization])].join(" "));
    await readBody(request);
    const [status, headers = {}, body] = await answer(request, at);
    response.writeHead(status, headers).end(request.method === "HEAD" ? undefined : body);
  });
  return { host, seen };
}

interface Pauses {
  readonly pauses?: number[];
  readonly signal?: AbortSignal;
}

function images(login?: RegistryLogin, { pauses = [], signal = new AbortController().signal }: Pauses = {}): Images {
  return createImages({
    servers: publicServers,
    login: () => Promise.resolve(login),
    signal,
    delay: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
  });
}

const password = "hunter22-hunter22";
const bot: RegistryLogin = { username: "bot", password: { name: "env:PASSWORD", reveal: () => Promise.resolve(password) } };
const raw: RawManifest = { digest, mediaType: typed["content-type"], bytes: Buffer.from(manifest) };
const basic = `Basic ${Buffer.from(`bot:${password}`).toString("base64")}`;
const imageAt = (host: string) => parseImage(`${host}/acme/app:1.0`);
const failureOf = (promise: Promise<unknown>): Promise<FairleadError> =>
  promise.then(
    () => expect.unreachable("it did not fail"),
    (error: FairleadError) => error,
  );

/** Starts a token server that grants exactly this service and scopes, and a registry that accepts only its tokens. */
async function startWithTokens(stack: AsyncDisposableStack, options: { token?: string; lasts?: number; anonymous?: boolean } = {}) {
  const { token = "token", lasts = 300, anonymous = false } = options;
  const tokens = await start(stack, ({ url = "", headers }) => {
    const query = new URL(url, "http://tokens").searchParams;
    const scope = query.get("scope") ?? "";
    const right = query.get("service") === "the, registry" && /^repository:acme\/app:pull(,push)?$/.test(scope);
    if (!right) return [400];
    if (!anonymous && headers.authorization !== basic) return [401, {}, '{"errors":[{"code":"UNAUTHORIZED","message":"who?"}]}'];
    return [200, {}, JSON.stringify({ [token]: `for-${scope.split(":")[2]}`, expires_in: lasts })];
  });
  const registry = await start(stack, ({ method, headers }) => {
    const wanted = method === "PUT" ? /^Bearer for-pull,push$/ : /^Bearer for-pull/;
    const scope = `repository:acme/app:${method === "PUT" ? "pull,push" : "pull"}`;
    const challenge = `Bearer realm="http://${tokens.host}/token",service="the, registry",scope="${scope}"`;
    if (!wanted.test(headers.authorization ?? "")) return [401, { "www-authenticate": challenge }];
    return method === "PUT" ? [201, { "docker-content-digest": digest }] : found;
  });
  return { tokens, registry };
}

test("a token is fetched with the login, once, and the registry gets the token alone", async () => {
  await using stack = new AsyncDisposableStack();
  const { tokens, registry } = await startWithTokens(stack);
  const known = images(bot);
  await known.resolve(imageAt(registry.host));
  await known.resolve(imageAt(registry.host));
  expect(tokens.seen).toEqual([`GET /token?service=the%2C+registry&scope=repository%3Aacme%2Fapp%3Apull ${basic}`]);
  expect(registry.seen).toEqual([
    "HEAD /v2/acme/app/manifests/1.0",
    "HEAD /v2/acme/app/manifests/1.0 Bearer for-pull",
    "HEAD /v2/acme/app/manifests/1.0 Bearer for-pull",
  ]);
});

test("several tags are set with one token", async () => {
  await using stack = new AsyncDisposableStack();
  const { tokens, registry } = await startWithTokens(stack);
  await images(bot).tag(imageAt(registry.host), raw, ["a", "b"]);
  expect(tokens.seen).toHaveLength(1);
  expect(registry.seen.slice(1)).toEqual([
    "PUT /v2/acme/app/manifests/a Bearer for-pull,push",
    "PUT /v2/acme/app/manifests/b Bearer for-pull,push",
  ]);
});

test.each(["token", "access_token"])("a public image is read with an anonymous %s", async (token) => {
  await using stack = new AsyncDisposableStack();
  const { tokens, registry } = await startWithTokens(stack, { token, anonymous: true });
  expect(await images().resolve(imageAt(registry.host))).toMatchObject({ digest });
  expect(tokens.seen).toEqual(["GET /token?service=the%2C+registry&scope=repository%3Aacme%2Fapp%3Apull"]);
});

test("a token that is about to expire is fetched again", async () => {
  await using stack = new AsyncDisposableStack();
  const { tokens, registry } = await startWithTokens(stack, { lasts: 5 });
  const known = images(bot);
  await known.resolve(imageAt(registry.host));
  await known.resolve(imageAt(registry.host));
  expect(tokens.seen).toHaveLength(2);
});

test("a token that the registry no longer accepts is fetched again", async () => {
  await using stack = new AsyncDisposableStack();
  let valid = 0;
  const server = await start(stack, ({ url, headers }) => {
    if (url?.startsWith("/token")) return [200, {}, JSON.stringify({ token: `number-${++valid}`, expires_in: 3600 })];
    if (headers.authorization === `Bearer number-${valid}`) return found;
    return [401, { "www-authenticate": `Bearer realm="http://${server.host}/token"` }];
  });
  const known = images(bot);
  await known.resolve(imageAt(server.host));
  valid++; // the issued token has expired
  expect(await known.resolve(imageAt(server.host))).toMatchObject({ digest });
  expect(valid).toBe(3);
});

test("a token server's refusal of an anonymous client says which login is wanted", async () => {
  await using stack = new AsyncDisposableStack();
  const { tokens, registry } = await startWithTokens(stack);
  expect(await failureOf(images().resolve(imageAt(registry.host)))).toMatchObject({
    code: "unauthenticated",
    message: `read ${registry.host}/acme/app:1.0: ${tokens.host} wants a login (UNAUTHORIZED: who?)`,
    wanted: { kind: "password", for: `${registry.host}/acme/app` },
  });
});

test("a token without the right is forbidden, not a wrong login", async () => {
  await using stack = new AsyncDisposableStack();
  const server = await start(stack, ({ url }) => {
    if (url?.startsWith("/token")) return [200, {}, '{"token":"weak"}'];
    return [401, { "www-authenticate": `Bearer realm="http://${server.host}/token",error="insufficient_scope"` }];
  });
  expect(await failureOf(images(bot).checkPush(imageAt(server.host)))).toMatchObject({
    code: "forbidden",
    message: `push to ${server.host}/acme/app: ${server.host} does not allow it`,
  });
});

test.each(["http://tokens.example.com/token", "https://name:word@tokens.example.com/", "ftp://127.0.0.1/", "token", ""])(
  "the login is not sent to the realm %j",
  async (realm) => {
    await using stack = new AsyncDisposableStack();
    const registry = await start(stack, () => [401, { "www-authenticate": `Bearer realm="${realm}"` }]);
    const failure = await failureOf(images(bot).resolve(imageAt(registry.host)));
    expect(failure).toMatchObject({ code: "unsupported" });
    expect(failure.message).toMatch(/sends logins to .*, which is not https$/);
    expect(failure.message).not.toContain("word");
  },
);

test.each(["<html>", '{"token":"two\\nlines"}', "{}", '{"token":7}'])("a token server's answer %j is not shown", async (body) => {
  await using stack = new AsyncDisposableStack();
  const server = await start(stack, ({ url }) =>
    url === "/v2/acme/app/manifests/1.0" ? [401, { "www-authenticate": `Bearer realm="http://${server.host}/token"` }] : [200, {}, body],
  );
  const failure = await failureOf(images(bot).resolve(imageAt(server.host)));
  expect(failure).toMatchObject({
    code: "unsupported",
    message: `read ${server.host}/acme/app:1.0: ${server.host} answered without a token`,
  });
  expect(failure.cause).toBeUndefined();
});

test("a registry's own words are cut, cleaned, and hold nothing that we sent", async () => {
  await using stack = new AsyncDisposableStack();
  const told = { code: "DENIED", message: `no\r\n\u001b[31m${password} ${basic.slice(6)} ${"x".repeat(500)}` };
  const server = await start(stack, ({ headers }) =>
    headers.authorization === undefined
      ? [401, { "www-authenticate": 'Basic realm="r"' }]
      : [403, {}, JSON.stringify({ errors: [told, { code: "SECOND" }] })],
  );
  const failure = await failureOf(images(bot).checkPush(imageAt(server.host)));
  expect(failure).toMatchObject({ code: "forbidden", hint: "give the login the right to this repository" });
  expect(failure.message).toBe(
    `push to ${server.host}/acme/app: ${server.host} does not allow it (DENIED: ${"no [31m*** *** ".padEnd(199, "x")}…)`,
  );
});

test("a blob is fetched from the target of a redirect without the registry's authorization", async () => {
  await using stack = new AsyncDisposableStack();
  const storage = await start(stack, () => [200, {}, config]);
  const registry = await start(stack, ({ url, headers }) => {
    if (headers.authorization !== basic) return [401, { "www-authenticate": 'Basic realm="r"' }];
    return url?.includes("/blobs/") ? [307, { location: `http://${storage.host}/signed?by=storage` }] : found;
  });
  expect(await images(bot).describe(imageAt(registry.host))).toEqual({
    digest,
    platforms: [{ platform: "linux/amd64", digest }],
    labels: {},
  });
  expect(storage.seen).toEqual(["GET /signed?by=storage"]);
});

test("the target of a redirect cannot ask for a login", async () => {
  await using stack = new AsyncDisposableStack();
  const elsewhere = await start(stack, () => [401, { "www-authenticate": 'Basic realm="give it to me"' }]);
  const registry = await start(stack, () => [302, { location: `http://${elsewhere.host}/` }]);
  expect(await failureOf(images(bot).resolve(imageAt(registry.host)))).toMatchObject({ code: "unauthenticated" });
  expect(elsewhere.seen).toEqual(["HEAD /"]);
});

test.each([
  ["to plain http elsewhere", "http://storage.example.com/x", "redirects to http://storage.example.com"],
  ["in a circle", "/again", "redirects more than 5 times"],
])("a redirect %s is not followed", async (_title, location, why) => {
  await using stack = new AsyncDisposableStack();
  const registry = await start(stack, () => [302, { location }]);
  const message = `read ${registry.host}/acme/app:1.0: ${registry.host} ${why}`;
  expect(await failureOf(images().resolve(imageAt(registry.host)))).toMatchObject({ code: "unsupported", message });
});

test.each([{}, { "docker-content-digest": "sha512:abc" }])("the digest is computed if the header has none: %j", async (headers) => {
  await using stack = new AsyncDisposableStack();
  const registry = await start(stack, () => [200, { ...typed, ...headers }, manifest]);
  expect(await images().resolve(imageAt(registry.host))).toMatchObject({ digest });
  expect(registry.seen).toEqual(["HEAD /v2/acme/app/manifests/1.0", "GET /v2/acme/app/manifests/1.0"]);
});

test("content of another digest is a conflict, whoever named the digest", async () => {
  await using stack = new AsyncDisposableStack();
  const other = digestOf("other");
  const registry = await start(stack, ({ method }) => [
    method === "PUT" ? 201 : 200,
    { ...typed, "docker-content-digest": other },
    manifest,
  ]);
  const image = imageAt(registry.host);
  const doing = `read ${registry.host}/acme/app:1.0`;
  expect(await failureOf(images().manifest(image))).toMatchObject({
    code: "conflict",
    message: `${doing}: the registry sent ${digest} for ${other}`,
  });
  expect(await failureOf(images().resolve({ ...image, digest }))).toMatchObject({
    code: "conflict",
    message: `${doing}@${digest}: the registry has ${other} for it`,
  });
  const silent = await start(stack, () => [200, typed, manifest]);
  expect(await failureOf(images().manifest({ ...imageAt(silent.host), digest: other }))).toMatchObject({ code: "conflict" });
});

test("a tag that ends up on another digest is a conflict", async () => {
  await using stack = new AsyncDisposableStack();
  const other = digestOf("other");
  const registry = await start(stack, ({ method }) => (method === "PUT" ? [201, { "docker-content-digest": other }] : found));
  expect(await failureOf(images().tag(imageAt(registry.host), raw, ["a"]))).toMatchObject({
    code: "conflict",
    message: `tag ${registry.host}/acme/app:a: the registry made ${other} of ${digest}`,
  });
});

test("a tag that may not be moved is a conflict", async () => {
  await using stack = new AsyncDisposableStack();
  const immutable: Answer = [400, {}, '{"errors":[{"code":"TAG_INVALID","message":"The image tag is immutable"}]}'];
  const other = { "docker-content-digest": digestOf("other") };
  const registry = await start(stack, ({ method }) => (method === "PUT" ? immutable : [200, other]));
  expect(await failureOf(images().tag(imageAt(registry.host), raw, ["a"]))).toMatchObject({
    code: "conflict",
    message: `tag ${registry.host}/acme/app:a: ${registry.host} refuses to move the tag (TAG_INVALID: The image tag is immutable)`,
  });
});

test("an immutable tag that has the digest already is accepted", async () => {
  await using stack = new AsyncDisposableStack();
  const immutable: Answer = [400, {}, '{"errors":[{"code":"TAG_INVALID","message":"The image tag is immutable"}]}'];
  const registry = await start(stack, ({ method }) => (method === "PUT" ? immutable : found));
  await images().tag(imageAt(registry.host), raw, ["a"]);
  expect(registry.seen).toEqual(["PUT /v2/acme/app/manifests/a", "HEAD /v2/acme/app/manifests/a"]);
});

test.each([
  [413, "", "unsupported", "refuses a request of this size"],
  [507, "", "unavailable", "has no space left"],
  [403, "DENIED", "forbidden", "does not allow it (DENIED)"],
  [404, "NAME_UNKNOWN", "not_found", "has no such repository (NAME_UNKNOWN)"],
  [400, "DIGEST_INVALID", "conflict", "received other bytes than were sent (DIGEST_INVALID)"],
])("a registry's answer %i %s is %s: %s", async (status, code, ours, words) => {
  await using stack = new AsyncDisposableStack();
  const body = code === "" ? "<h1>No</h1>" : JSON.stringify({ errors: [{ code, detail: { of: "some kind" } }] });
  const registry = await start(stack, ({ headers }) =>
    headers.authorization === undefined ? [401, { "www-authenticate": 'Basic realm="r"' }] : [status, {}, body],
  );
  expect(await failureOf(images(bot).tag(imageAt(registry.host), raw, ["a"]))).toMatchObject({
    code: ours,
    message: `tag ${registry.host}/acme/app:a: ${registry.host} ${words}`,
  });
});

test.each([
  ["MANIFEST_BLOB_UNKNOWN", "not_found", "does not have all that the manifest names"],
  ["DENIED", "forbidden", "does not allow it"],
  ["MANIFEST_INVALID", "unsupported", "answered 500"],
  ["NAME_INVALID", "unsupported", "answered 500"],
  ["DIGEST_INVALID", "conflict", "received other bytes than were sent"],
  ["TAG_INVALID", "conflict", "refuses to move the tag"],
])("%s behind UNKNOWN in an answer 500 is what counts, and the request is not sent again", async (code, ours, words) => {
  await using stack = new AsyncDisposableStack();
  const unknown = { code: "UNKNOWN", message: "unknown error", detail: {} };
  const body = JSON.stringify({ errors: [unknown, 7, unknown, { code, message: "the true one", detail: "sha256:f" }] });
  const registry = await start(stack, ({ method }) => (method === "PUT" ? [500, {}, body] : [404]));
  const pauses: number[] = [];
  expect(await failureOf(images(bot, { pauses }).tag(imageAt(registry.host), raw, ["a"]))).toMatchObject({
    code: ours,
    message: `tag ${registry.host}/acme/app:a: ${registry.host} ${words} (${code}: the true one: sha256:f; UNKNOWN: unknown error)`,
  });
  expect(pauses).toEqual([]);
});

test("a full disk of docker-registry is named by its detail, the only place that says it", async () => {
  await using stack = new AsyncDisposableStack();
  const told = { code: "UNKNOWN", message: "unknown error", detail: "write /data: no space left on device" };
  const registry = await start(stack, () => [500, {}, JSON.stringify({ errors: [told] })]);
  expect(await failureOf(images().tag(imageAt(registry.host), raw, ["a"]))).toMatchObject({
    code: "unavailable",
    message: `tag ${registry.host}/acme/app:a: ${registry.host} answered 500 (UNKNOWN: unknown error: write /data: no space left on device)`,
  });
});

test.each([
  ["0", 0],
  ["1", 1000],
  ["3600", 30_000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
])("an answer of 429 is followed by a pause of Retry-After: %s, up to its limit", async (header, pause) => {
  await using stack = new AsyncDisposableStack();
  const registry = await start(stack, (_request, at) => (at === 1 ? [429, { "retry-after": header }] : found));
  const pauses: number[] = [];
  expect(await images(undefined, { pauses }).resolve(imageAt(registry.host))).toMatchObject({ digest });
  expect(pauses).toEqual([pause]);
});

test("an answer of 503 is retried after growing pauses", async () => {
  await using stack = new AsyncDisposableStack();
  const registry = await start(stack, (_request, at) => (at < 4 ? [503] : found));
  const pauses: number[] = [];
  expect(await images(undefined, { pauses }).resolve(imageAt(registry.host))).toMatchObject({ digest });
  expect(pauses.map((each, at) => each >= 250 * 2 ** at && each <= 500 * 2 ** at)).toEqual([true, true, true]);
});

test("a registry that fails four times is unavailable", async () => {
  await using stack = new AsyncDisposableStack();
  const registry = await start(stack, () => [502, { "content-type": "text/html" }, "<h1>Bad gateway</h1>"]);
  expect(await failureOf(images().manifest(imageAt(registry.host)))).toMatchObject({
    code: "unavailable",
    message: `read ${registry.host}/acme/app:1.0: ${registry.host} answered 502`,
  });
  expect(registry.seen).toHaveLength(4);
});

test.each([
  [500, 1],
  [503, 4],
])("a POST that %i answers is sent %i times: only 503 says that nothing was done", async (status, times) => {
  await using stack = new AsyncDisposableStack();
  const registry = await start(stack, () => [status]);
  expect(await failureOf(images().checkPush(imageAt(registry.host)))).toMatchObject({ code: "unavailable" });
  expect(registry.seen).toHaveLength(times);
});

test("a registry that does not allow a read is not told to accept pushes", async () => {
  await using stack = new AsyncDisposableStack();
  const { host } = await start(stack, () => [405]);
  expect(await failureOf(images().resolve(imageAt(host)))).toMatchObject({
    code: "unsupported",
    message: `read ${host}/acme/app:1.0: ${host} does not allow the request to read`,
    hint: "check that the host is a registry's, and no proxy before it refuses it",
  });
});

test("a host that refuses connections is unavailable", async () => {
  const stack = new AsyncDisposableStack();
  const { host } = await start(stack, () => found);
  await stack.disposeAsync();
  const pauses: number[] = [];
  expect(await failureOf(images(undefined, { pauses }).resolve(imageAt(host)))).toMatchObject({
    code: "unavailable",
    message: `read ${host}/acme/app:1.0: ${host} cannot be reached: connection refused`,
  });
  expect(pauses).toHaveLength(3);
});

test("a connection that breaks in the middle of an answer is retried", async () => {
  await using stack = new AsyncDisposableStack();
  let broken = 0;
  const host = await listen(stack, async (request, response) => {
    await readBody(request);
    response.writeHead(200, { ...typed, "content-length": String(manifest.length) });
    if (++broken > 2) response.end(manifest);
    else response.write(manifest.slice(0, 10), () => response.destroy());
  });
  expect(await images().manifest(imageAt(host))).toMatchObject({ digest });
  expect(broken).toBe(3);
});

test("a stopped run stops at once", async () => {
  await using stack = new AsyncDisposableStack();
  const stop = new AbortController();
  const registry = await start(stack, () => {
    stop.abort();
    return new Promise(() => undefined);
  });
  expect(await failureOf(images(undefined, { signal: stop.signal }).resolve(imageAt(registry.host)))).toMatchObject({
    code: "canceled",
    message: `read ${registry.host}/acme/app:1.0: stopped`,
  });
  expect(registry.seen).toHaveLength(1);
});

test("an endless body is read no further than the longest manifest", async () => {
  await using stack = new AsyncDisposableStack();
  const host = await listen(stack, async (request, response) => {
    await readBody(request);
    response.writeHead(200, typed);
    const more = (): void => void response.write("x".repeat(65_536), (error) => (error ? undefined : more()));
    more();
  });
  expect(await failureOf(images().manifest(imageAt(host)))).toMatchObject({
    code: "unsupported",
    message: `read ${host}/acme/app:1.0: the answer is longer than 4194304 bytes`,
  });
});

test.each([
  ["a page", "text/html; charset=utf-8", "<h1>Hello</h1>", "HOST answered text/html, which is not an image's manifest"],
  [
    "a manifest of an unknown type",
    "application/json",
    '{"mediaType":"new"}',
    "HOST answered application/json, which is not an image's manifest",
  ],
  [
    "a manifest of the first schema",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "{}",
    "HOST has a manifest of schema 1, which Docker has retired",
  ],
  ["broken JSON", "application/json", "{", "its manifest is not in OCI's or Docker's format"],
])("an answer of %s is not a manifest", async (_title, type, body, why) => {
  await using stack = new AsyncDisposableStack();
  const { host } = await start(stack, () => [200, { "content-type": type }, body]);
  const message = `read ${host}/acme/app:1.0: ${why.replace("HOST", host)}`;
  expect(await failureOf(images().manifest(imageAt(host)))).toMatchObject({ code: "unsupported", message });
});

test("a manifest that comes as plain JSON names its type itself", async () => {
  await using stack = new AsyncDisposableStack();
  const { host } = await start(stack, () => [200, { "content-type": "application/json" }, manifest]);
  expect(await images().manifest(imageAt(host))).toMatchObject({ digest, mediaType: ociManifest });
});

test("an artifact that is not an image has no platform, and its annotations are its labels", async () => {
  await using stack = new AsyncDisposableStack();
  const chart = JSON.stringify({
    ...JSON.parse(manifest),
    config: { mediaType: "application/vnd.cncf.helm.config.v1+json", digest, size: 2 },
    annotations: { "org.opencontainers.image.title": "app" },
  });
  const { host, seen } = await start(stack, () => [200, typed, chart]);
  expect(await images().describe(imageAt(host))).toEqual({
    digest: digestOf(chart),
    platforms: [],
    labels: { "org.opencontainers.image.title": "app" },
  });
  expect(seen).toHaveLength(1);
});

test("a configuration of another digest is a conflict", async () => {
  await using stack = new AsyncDisposableStack();
  const { host } = await start(stack, ({ url }) => (url?.includes("/blobs/") ? [200, {}, '{"os":"evil"}'] : found));
  expect(await failureOf(images().describe(imageAt(host)))).toMatchObject({ code: "conflict" });
});
