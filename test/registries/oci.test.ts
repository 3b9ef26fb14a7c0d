import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseImage, unknownDigest, type ImageRef } from "../../src/core/image/image.ts";
import type { Images } from "../../src/core/registry/images.ts";
import { publicServers } from "../../src/core/servers.ts";
import type { RegistryLogin } from "../../src/core/registry/registry.ts";
import { createImages } from "../../src/registries/oci.ts";
import { startProxy, type Proxy } from "../doubles/proxy.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { pushImage, pushIndex, type Descriptor } from "./content.ts";

const password = "correct horse";
const bot: RegistryLogin = { username: "bot", password: { name: "env:PASSWORD", reveal: () => Promise.resolve(password) } };
const linux = { os: "linux", architecture: "amd64" };
const arm = { os: "linux", architecture: "arm64", variant: "v8" };

let open: Registry;
let closed: Registry;
let index: Descriptor;
let amd64: Descriptor;
let arm64: Descriptor;
let single: Descriptor;

beforeAll(async () => {
  [open, closed] = await Promise.all([startRegistry(), startRegistry({ users: { bot: password } })]);
  const place = { host: open.host, repository: "acme/app" };
  amd64 = await pushImage(place, {
    platform: linux,
    labels: { "org.opencontainers.image.version": "1.0", "dev.fairlead.build": "of the label" },
    annotations: { "dev.fairlead.build": "of the annotation" },
  });
  arm64 = await pushImage(place, { platform: arm });
  const attestation = await pushImage(place, { platform: { os: "unknown", architecture: "unknown" } });
  const entries = [
    { ...amd64, platform: linux },
    { ...arm64, platform: arm },
    { ...attestation, platform: { os: "unknown", architecture: "unknown" } },
  ];
  index = await pushIndex(place, entries, "1.0");
  single = await pushImage(place, { platform: arm, labels: { maintainer: "acme" }, tag: "single" });
  const authorization = `Basic ${Buffer.from(`bot:${password}`).toString("base64")}`;
  await pushImage({ host: closed.host, repository: "acme/app", authorization }, { platform: linux, tag: "1.0" });
});

afterAll(async () => {
  await Promise.all([open, closed].map((each) => each.stop()));
});

function images(login?: RegistryLogin, signal = new AbortController().signal): Images {
  return createImages({
    servers: publicServers,
    login: () => Promise.resolve(login),
    signal,
    delay: () => Promise.reject(new Error("nothing here is to be tried again")),
  });
}

/** Sets tags on an existing image. */
async function tag(port: Images, from: ImageRef, tags: readonly string[], signal?: AbortSignal): Promise<void> {
  await port.tag(from, await port.manifest(from, signal), tags, signal);
}

function at(host: string, rest: string): ImageRef {
  return parseImage(`${host}/acme/${rest}`);
}

const requestsOf = (proxy: Proxy): readonly string[] => proxy.requests.map(({ method, path }) => `${method} ${path}`);

describe("an open registry", () => {
  test("a tag resolves to its digest", async () => {
    const image = at(open.host, "app:1.0");
    expect(await images().resolve(image)).toEqual({ ...image, digest: index.digest });
  });

  test.each(["app:2.0", `app@sha256:${"0".repeat(64)}`, "other:1.0"])("%s resolves to nothing, because it does not exist", async (rest) => {
    expect(await images().resolve(at(open.host, rest))).toBeUndefined();
    expect(await images().describe(at(open.host, rest))).toBeUndefined();
  });

  test("an index is described by three requests: platforms without attestations, annotations over labels", async () => {
    await using proxy = await startProxy(open.host);
    expect(await images().describe(at(proxy.host, "app:1.0"))).toEqual({
      digest: index.digest,
      platforms: [
        { platform: "linux/amd64", digest: amd64.digest },
        { platform: "linux/arm64/v8", digest: arm64.digest },
      ],
      labels: { "org.opencontainers.image.version": "1.0", "dev.fairlead.build": "of the annotation" },
    });
    expect(requestsOf(proxy)).toEqual([
      "GET /v2/acme/app/manifests/1.0",
      `GET /v2/acme/app/manifests/${amd64.digest}`,
      expect.stringMatching(/^GET \/v2\/acme\/app\/blobs\/sha256:[0-9a-f]{64}$/),
    ]);
  });

  test("an image of one platform is described by its configuration", async () => {
    expect(await images().describe(at(open.host, "app:single"))).toEqual({
      digest: single.digest,
      platforms: [{ platform: "linux/arm64/v8", digest: single.digest }],
      labels: { maintainer: "acme" },
    });
  });

  test("a manifest is read as the bytes that were pushed", async () => {
    const { bytes, ...rest } = await images().manifest(at(open.host, "app:1.0"));
    expect(rest).toEqual({ digest: index.digest, mediaType: index.mediaType });
    expect(bytes.length).toBe(index.size);
  });

  test("a missing manifest is not found", async () => {
    await expect(images().manifest(at(open.host, "app:2.0"))).rejects.toMatchObject({
      code: "not_found",
      message: `read ${open.host}/acme/app:2.0: there is no such tag or digest`,
    });
  });

  test("a tag is set by two requests, and two tags by three", async () => {
    await using proxy = await startProxy(open.host);
    await tag(images(), { ...at(proxy.host, "app"), digest: index.digest }, ["stable"]);
    expect(requestsOf(proxy)).toEqual([`GET /v2/acme/app/manifests/${index.digest}`, "PUT /v2/acme/app/manifests/stable"]);
    await tag(images(), { ...at(proxy.host, "app:1.0"), digest: index.digest }, ["1", "latest"]);
    expect(proxy.requests).toHaveLength(5);
    const resolved = await Promise.all(["stable", "1", "latest"].map((each) => images().resolve(at(open.host, `app:${each}`))));
    expect(resolved.map((each) => each?.digest)).toEqual([index.digest, index.digest, index.digest]);
  });

  test("tags that are being set when the run is stopped are stopped by their own signal alone", async () => {
    const from = { ...at(open.host, "app"), digest: index.digest };
    const stopped = images(undefined, AbortSignal.abort());
    await tag(stopped, from, ["late"], new AbortController().signal);
    expect(await images().resolve(at(open.host, "app:late"))).toMatchObject({ digest: index.digest });
    await expect(tag(stopped, from, ["later"])).rejects.toMatchObject({ code: "canceled" });
    await expect(tag(images(), from, ["later"], AbortSignal.abort())).rejects.toMatchObject({ code: "canceled" });
  });

  test("a missing digest cannot be tagged", async () => {
    const missing = { ...at(open.host, "app"), digest: `sha256:${"0".repeat(64)}` } as const;
    await expect(tag(images(), missing, ["1"])).rejects.toMatchObject({
      code: "not_found",
      message: `read ${open.host}/acme/app@${missing.digest}: there is no such tag or digest`,
    });
  });

  test("a malformed tag is refused before any request", async () => {
    await using proxy = await startProxy(open.host);
    const manifest = await images().manifest(at(open.host, "app:1.0"));
    await expect(images().tag(at(proxy.host, "app"), manifest, ["ok", "../up"])).rejects.toMatchObject({
      code: "input",
    });
    expect(proxy.requests).toEqual([]);
  });

  test("the placeholder digest of a dry run is never sent", async () => {
    await using proxy = await startProxy(open.host);
    const planned = { ...at(proxy.host, "app:1.0"), digest: unknownDigest };
    const calls = [tag(images(), planned, ["stable"]), images().manifest(planned), images().resolve(planned), images().describe(planned)];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "internal" });
    expect(proxy.requests).toEqual([]);
  });

  test("checkPush leaves nothing behind", async () => {
    await using proxy = await startProxy(open.host);
    await images().checkPush(at(proxy.host, "app:1.0"));
    expect(proxy.requests.map(({ method, status }) => `${method} ${status}`)).toEqual(["POST 202", "DELETE 204"]);
    const upload = proxy.requests[1]?.path ?? "";
    expect((await fetch(`${open.url}${upload}`)).status).toBe(404);
  });

  test("checkPush succeeds if its upload cannot be canceled", async () => {
    await using proxy = await startProxy(open.host, {
      onRequest: ({ method }) => (method === "DELETE" ? { status: 405 } : undefined),
    });
    await images().checkPush(at(proxy.host, "app:1.0"));
    expect(proxy.requests).toHaveLength(2);
  });

  test("checkPush fails for a registry that refuses pushes", async () => {
    await using reader = await startRegistry({ readOnly: true, folder: open.folder });
    const failure = images().checkPush(at(reader.host, "app:1.0"));
    await expect(failure).rejects.toMatchObject({
      code: "unsupported",
      message: `push to ${reader.host}/acme/app: ${reader.host} does not allow the request: it may be read-only`,
    });
  });
});

describe("a registry with users", () => {
  test("a login is sent after the first challenge, and from then on at once", async () => {
    await using proxy = await startProxy(closed.host);
    const known = images(bot);
    const image = at(proxy.host, "app:1.0");
    const resolved = await known.resolve(image);
    await known.describe(image);
    expect(proxy.requests.map(({ method, status }) => `${method} ${status}`)).toEqual(["HEAD 401", "HEAD 200", "GET 200", "GET 200"]);
    await tag(known, { ...image, digest: resolved?.digest ?? unknownDigest }, ["stable"]);
    await known.checkPush(image);
  });

  test("a refusal without a login says which one is wanted", async () => {
    await expect(images().resolve(at(closed.host, "app:1.0"))).rejects.toMatchObject({
      code: "unauthenticated",
      message: `read ${closed.host}/acme/app:1.0: ${closed.host} wants a login`,
      wanted: { kind: "password", for: `${closed.host}/acme/app` },
    });
  });

  test("a wrong login is refused, and not shown", async () => {
    const wrong = { username: "bot", password: { name: "env:PASSWORD", reveal: () => Promise.resolve("battery staple") } };
    const failure = await images(wrong)
      .checkPush(at(closed.host, "app:1.0"))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "unauthenticated",
      message: `push to ${closed.host}/acme/app: ${closed.host} refused the login (UNAUTHORIZED: authentication required)`,
      hint: "check the login: it may be wrong or expired",
    });
  });
});
