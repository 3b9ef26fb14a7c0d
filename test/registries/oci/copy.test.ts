/** Copies between real registries, checked by crane and skopeo. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FairleadError } from "../../../src/core/errors.ts";
import type { RegistryLogin } from "../../../src/core/registry/registry.ts";
import { startProxy, type Proxy } from "../../doubles/proxy.ts";
import { startReferrersRegistry, startRegistry, type Registry } from "../../doubles/registry.ts";
import type { Running } from "../../doubles/server.ts";
import { startTokenServer, type TokenServer } from "../../doubles/token-server.ts";
import { runTool, toolsAreThere } from "../../tools.ts";
import {
  digestOf,
  fetchManifest,
  ociIndex,
  ociManifest,
  pushBlob,
  pushImage,
  pushIndex,
  pushLayers,
  pushManifest,
  tarOf,
  type Descriptor,
  type Place,
} from "../content.ts";
import { amd64, copyTag, imageAt, imagesOf, newLayer, pushTwoPlatforms, readTree } from "./copying.ts";

const password = "correct horse";
const bot: RegistryLogin = { username: "bot", password: { name: "env:PASSWORD", reveal: () => Promise.resolve(password) } };

let open: Registry;
let other: Registry;
let closed: Registry;
let tokens: TokenServer;
let guarded: Registry;

beforeAll(async () => {
  tokens = await startTokenServer({
    bot: { password, repositories: { "acme/app": "pull,push", "acme/release": "pull,push", "acme/shop": "pull" } },
  });
  [open, other, closed, guarded] = await Promise.all([
    startRegistry(),
    startRegistry(),
    startRegistry({ users: { bot: password } }),
    startRegistry({ tokens }),
  ]);
});
afterAll(async () => {
  await Promise.all([open, other, closed, guarded, tokens].map((each) => each.stop()));
});

const app = (registry: Running): Place => ({ host: registry.host, repository: "acme/app" });
const release = (registry: Running): Place => ({ host: registry.host, repository: "acme/release" });
const bodiesOf = ({ requests }: Proxy, path: RegExp): number =>
  requests.filter((each) => path.test(each.path)).reduce((sum, each) => sum + each.bytes, 0);

describe("an index of two platforms", () => {
  test("an index is copied within a registry by mounting: no byte of a blob is sent", async () => {
    await using proxy = await startProxy(open.host);
    const { index } = await pushTwoPlatforms(app(open), "mounted");
    const copied = await copyTag(imagesOf(), app(proxy), release(proxy), "mounted");
    expect(copied).toEqual({ bytes: 0, blobs: { present: 0, mounted: 5, sent: 0 }, referrers: [], unlistable: [] });
    expect(bodiesOf(proxy, /\/blobs\//)).toBe(0);
    expect(proxy.requests.map(({ method, status }) => `${method} ${status}`).sort()).toEqual([
      "GET 200", // the index
      "GET 200",
      "GET 200",
      "HEAD 404",
      "HEAD 404",
      "HEAD 404",
      ...Array<string>(5).fill("POST 201"), // two configurations, two layers of their own, one that they share
      "PUT 201",
      "PUT 201",
      "PUT 201", // the tag
    ]);
    expect(await readTree(release(open), "mounted")).toEqual(await readTree(app(open), "mounted"));
    expect(await runTool("skopeo", "inspect", "--raw", "--tls-verify=false", `docker://${open.host}/acme/release:mounted`)).toBe(
      (await fetchManifest(app(open), index.digest))?.toString(),
    );
  });

  test("an index is copied into another registry byte by byte, and a second copy sends nothing", async () => {
    await pushTwoPlatforms(app(open), "sent");
    const first = await copyTag(imagesOf(), app(open), release(other), "sent");
    expect(first).toMatchObject({ blobs: { present: 0, mounted: 0, sent: 5 } });
    expect(await readTree(release(other), "sent")).toEqual(await readTree(app(open), "sent"));
    await using proxy = await startProxy(other.host);
    expect(await copyTag(imagesOf(), app(open), release(proxy), "sent")).toEqual({
      bytes: 0,
      blobs: { present: 0, mounted: 0, sent: 0 },
      referrers: [],
      unlistable: [],
    });
    expect(proxy.requests.map(({ method, status }) => `${method} ${status}`)).toEqual(["HEAD 200", "PUT 201"]);
  });

  test.runIf(toolsAreThere)("a copied index is the same image for crane, with every layer right", async () => {
    const { index } = await pushTwoPlatforms(app(open), "crane");
    await copyTag(imagesOf(), app(open), release(other), "crane");
    expect(await runTool("crane", "digest", `${other.host}/acme/release:crane`)).toBe(index.digest);
    await runTool("crane", "validate", "--remote", `${other.host}/acme/release:crane`);
  });

  test.runIf(toolsAreThere)("an index is copied from and to a registry of another make", async () => {
    await using made = await startReferrersRegistry();
    const { index } = await pushTwoPlatforms(app(made), "1.0");
    await copyTag(imagesOf(), app(made), release(made), "1.0");
    await copyTag(imagesOf(), release(made), release(other), "1.0");
    expect(await runTool("crane", "digest", `${other.host}/acme/release:1.0`)).toBe(index.digest);
    expect(await readTree(release(other), "1.0")).toEqual(await readTree(app(made), "1.0"));
  });

  test("a copy within one repository does nothing", async () => {
    await pushTwoPlatforms(app(open), "same");
    await using proxy = await startProxy(open.host);
    const manifest = await imagesOf().manifest(imageAt(app(proxy), "same"));
    const copied = await imagesOf().copy(imageAt(app(proxy)), manifest, imageAt(app(proxy), "other"), { referrers: true });
    expect(copied).toEqual({ bytes: 0, blobs: { present: 0, mounted: 0, sent: 0 }, referrers: [], unlistable: [] });
    expect(proxy.requests).toHaveLength(1);
  });
});

describe("existing content", () => {
  test("a copy sends only missing blobs", async () => {
    const [shared, own] = [newLayer(), newLayer()];
    await pushLayers(app(open), amd64, [shared, own], "half");
    await pushBlob(release(other), shared, "application/octet-stream");
    const copied = await copyTag(imagesOf(), app(open), release(other), "half");
    expect(copied.blobs).toEqual({ present: 1, mounted: 0, sent: 2 });
  });

  test("a copy finds existing blobs in a registry that does not mount", async () => {
    await using proxy = await startProxy(open.host, {
      onRequest: ({ url }) => (url?.includes("mount=") ? { status: 405 } : undefined),
    });
    const [shared, own] = [newLayer(), newLayer()];
    await pushLayers(app(open), amd64, [shared, own], "unmounted");
    await pushBlob(release(open), shared, "application/octet-stream");
    const copied = await copyTag(imagesOf(), app(proxy), release(proxy), "unmounted");
    expect(copied.blobs).toEqual({ present: 1, mounted: 0, sent: 2 });
  });

  test("a registry that answers a mount with an upload gets the blob there; an unused upload is canceled", async () => {
    await using proxy = await startProxy(open.host, {
      onRequest: (request) => void (request.url = request.url?.replace(/&from=.*$/, "&from=acme%2Fnobodys")),
    });
    const [shared, own] = [newLayer(), newLayer()];
    await pushLayers(app(open), amd64, [shared, own], "begun");
    await pushBlob(release(open), shared, "application/octet-stream");
    const copied = await copyTag(imagesOf(), app(proxy), release(proxy), "begun");
    expect(copied.blobs).toEqual({ present: 1, mounted: 0, sent: 2 });
    expect(proxy.requests.filter(({ method }) => method === "POST")).toHaveLength(3);
    expect(proxy.requests.filter(({ method }) => method === "DELETE").map(({ status }) => status)).toEqual([204]);
  });
});

test("a layer without bytes, and one larger than all buffers, are copied", async () => {
  await pushLayers(app(open), amd64, [Buffer.alloc(0), newLayer(5 * 1024 * 1024)], "sizes");
  const copied = await copyTag(imagesOf(), app(open), release(other), "sizes");
  expect(copied.blobs.sent).toBe(3);
  expect(await readTree(release(other), "sizes")).toEqual(await readTree(app(open), "sizes"));
});

test("an index that names layers, as BuildKit's cache, is copied whole", async () => {
  const layer = await pushBlob(app(open), newLayer(), "application/vnd.oci.image.layer.v1.tar+gzip");
  const cache = await pushBlob(app(open), JSON.stringify({ layers: [] }), "application/vnd.buildkit.cacheconfig.v0");
  const image = await pushLayers(app(open), amd64, [newLayer()]);
  const { digest } = await pushManifest(app(open), { schemaVersion: 2, mediaType: ociIndex, manifests: [layer, cache, image] }, "cache");
  const copied = await copyTag(imagesOf(), app(open), release(other), "cache");
  expect(copied.blobs).toEqual({ present: 0, mounted: 0, sent: 4 });
  expect(digestOf((await fetchManifest(release(other), "cache")) ?? "")).toBe(digest);
  for (const blob of [layer, cache]) {
    const { status } = await fetch(`${other.url}/v2/acme/release/blobs/${blob.digest}`, { method: "HEAD" });
    expect(status).toBe(200);
  }
});

test("a layer with an external URL is not copied", async () => {
  const foreign = {
    mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    digest: `sha256:${"a".repeat(64)}`,
    size: 9,
    urls: ["https://example.com/layer"],
  };
  const config = await pushBlob(app(open), "{}", "application/vnd.oci.image.config.v1+json");
  const layer = await pushBlob(app(open), tarOf("a", Buffer.from("a")), "application/vnd.oci.image.layer.v1.tar");
  await pushManifest(app(open), { schemaVersion: 2, mediaType: ociManifest, config, layers: [foreign, layer] }, "foreign");
  const copied = await copyTag(imagesOf(), app(open), release(other), "foreign");
  expect(copied.blobs.sent).toBe(2);
});

describe.each([
  ["OCI's", ociManifest, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"],
  ["Docker's", "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"],
])("a registry that refuses layers at URLs, of %s type", (_title, manifestType, mediaType) => {
  const foreign = { mediaType, digest: `sha256:${"f".repeat(64)}`, size: 9, urls: ["https://example.com/layer"] };
  const push = async (tag: string, inIndex: boolean): Promise<Descriptor> => {
    const config = await pushBlob(app(open), "{}", "application/vnd.oci.image.config.v1+json");
    const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers: [foreign] };
    const pushed = await pushManifest(app(open), manifest, inIndex ? undefined : tag);
    const windows = { ...pushed, platform: { os: "windows", architecture: "amd64" } };
    return inIndex ? pushIndex(app(open), [await pushLayers(app(open), amd64, [newLayer()]), windows], tag) : pushed;
  };

  test.each([
    ["an index", true],
    ["one platform", false],
  ])("a copy of %s to it fails for good, names the layer, and leaves no tag", async (title, inIndex) => {
    await using strict = await startRegistry({ refuseLayerUrls: true });
    const tag = `urls-${mediaType.length}-${title.replace(" ", "-")}`;
    const { digest } = await push(tag, inIndex);
    const doing = inIndex
      ? `copy ${open.host}/acme/app@${digest} to ${strict.host}/acme/release`
      : `tag ${strict.host}/acme/release:${tag}`;
    const pauses: number[] = [];
    await expect(copyTag(imagesOf(undefined, pauses), app(open), release(strict), tag)).rejects.toMatchObject({
      code: "unsupported",
      message: `${doing}: ${strict.host} refuses the layer ${foreign.digest}, which is kept at a URL elsewhere`,
      hint: "allow the URLs of such layers at the registry, for docker-registry in validation.manifests.urls.allow, or name another registry",
    });
    expect({ pauses, tag: await fetchManifest(release(strict), tag) }).toEqual({ pauses: [], tag: undefined });
  });
});

describe("logins", () => {
  test("a copy logs in to both sides with a name and a password", async () => {
    const authorization = `Basic ${Buffer.from(`bot:${password}`).toString("base64")}`;
    await pushLayers({ ...app(closed), authorization }, amd64, [newLayer()], "1.0");
    expect(await copyTag(imagesOf(bot), app(closed), release(closed), "1.0")).toMatchObject({ blobs: { mounted: 2 } });
    expect(await readTree({ ...release(closed), authorization }, "1.0")).toEqual(await readTree({ ...app(closed), authorization }, "1.0"));
  });

  test("a copy mounts with one token of both repositories, which is fetched once", async () => {
    await pushTwoPlatforms(app(open), "tokens");
    await copyTag(imagesOf(bot), app(open), app(guarded), "tokens");
    const before = tokens.asked.length;
    const copied = await copyTag(imagesOf(bot), app(guarded), release(guarded), "tokens");
    expect(copied).toEqual({ bytes: 0, blobs: { present: 0, mounted: 5, sent: 0 }, referrers: [], unlistable: [] });
    expect(tokens.asked.slice(before)).toEqual([
      ["repository:acme/app:pull"],
      ["repository:acme/release:pull,push"],
      ["repository:acme/release:pull,push", "repository:acme/app:pull"],
    ]);
  });

  test("a token that is refused in the middle of a copy is fetched again", async () => {
    await using proxy = await startProxy(guarded.host);
    await pushTwoPlatforms(app(open), "expired");
    const challenge = `Bearer realm="${tokens.url}",service="${tokens.service}",error="invalid_token"`;
    proxy.fail(1, 401, { "www-authenticate": challenge }, /\/blobs\/uploads\/./);
    proxy.fail(1, 401, { "www-authenticate": challenge }, /\/manifests\/sha256:/);
    expect(await copyTag(imagesOf(bot), app(open), release(proxy), "expired")).toMatchObject({ blobs: { sent: 5 } });
    expect(await imagesOf(bot).resolve(imageAt(release(guarded), "expired"))).toBeDefined();
  });

  test("a repository that the token may not read, or may only read, is forbidden, not missing", async () => {
    await pushImage(app(open), { platform: amd64, tag: "forbidden" });
    const secret = { host: guarded.host, repository: "acme/secret" };
    await expect(imagesOf(bot).manifest(imageAt(secret, "1.0"))).rejects.toMatchObject({ code: "forbidden" });
    const shop = { host: guarded.host, repository: "acme/shop" };
    await expect(imagesOf(bot).manifest(imageAt(shop, "1.0"))).rejects.toMatchObject({ code: "not_found" });
    await expect(copyTag(imagesOf(bot), app(open), shop, "forbidden")).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringMatching(/^copy \S+ to \S+acme\/shop: \S+ does not allow it/) as string,
    });
  });
});

describe("broken sources and destinations", () => {
  const refuses = async (tag: string, expected: object): Promise<void> => {
    const failure: unknown = await copyTag(imagesOf(), app(open), release(other), tag).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject(expected);
    expect(await fetchManifest(release(other), tag)).toBeUndefined();
  };

  test("a copy of an index that names a missing child leaves no tag", async () => {
    const there = await pushLayers(app(open), amd64, [newLayer()]);
    const gone = await pushLayers(app(open), amd64, [newLayer()]);
    const index = await pushIndex(app(open), [there, gone], "childless");
    await fetch(`${open.url}/v2/acme/app/manifests/${gone.digest}`, { method: "DELETE" });
    await refuses("childless", {
      code: "not_found",
      message: `copy ${open.host}/acme/app@${index.digest} to ${other.host}/acme/release: its index names ${gone.digest}, which ${open.host} does not have`,
    });
  });

  test("a copy with a missing layer leaves no tag", async () => {
    const layer = newLayer();
    const { digest } = await pushLayers(app(open), amd64, [layer], "layerless");
    const blob = await pushBlob(app(open), layer, "");
    await fetch(`${open.url}/v2/acme/app/blobs/${blob.digest}`, { method: "DELETE" });
    await refuses("layerless", {
      code: "not_found",
      message: `copy ${open.host}/acme/app@${digest} to ${other.host}/acme/release: ${open.host} does not have its blob ${blob.digest}`,
    });
  });

  test("a copy with a layer of the wrong size leaves no tag", async () => {
    const config = await pushBlob(app(open), "{}", "application/vnd.oci.image.config.v1+json");
    for (const [tag, wrong] of [["longer", -1] as const, ["shorter", 1] as const]) {
      const layer = await pushBlob(app(open), newLayer(), "application/vnd.oci.image.layer.v1.tar");
      await pushManifest(
        app(open),
        { schemaVersion: 2, mediaType: ociManifest, config, layers: [{ ...layer, size: layer.size + wrong }] },
        tag,
      );
      await refuses(tag, { code: "conflict", message: expect.stringContaining(`is ${tag} than the`) as string });
    }
  });

  test("a copy of an index that names a manifest of schema 1, or a missing blob, leaves no tag", async () => {
    const copy = async (mediaType: string): Promise<unknown> => {
      const child = { mediaType, digest: digestOf("cache"), size: 5 };
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [child] }));
      const manifest = { digest: digestOf(bytes), mediaType: ociIndex, bytes };
      const failure = await imagesOf()
        .copy(imageAt(app(open)), manifest, imageAt(release(other)), { referrers: false })
        .catch((error: unknown) => error as FairleadError);
      return failure instanceof FairleadError && { code: failure.code, message: failure.message.replace(manifest.digest, "INDEX") };
    };
    const doing = `copy ${open.host}/acme/app@INDEX to ${other.host}/acme/release`;
    expect(await copy("application/vnd.docker.distribution.manifest.v1+prettyjws")).toEqual({
      code: "unsupported",
      message: `${doing}: its index names ${digestOf("cache")}, a manifest of schema 1, which Docker has retired`,
    });
    expect(await copy("application/vnd.buildkit.cacheconfig.v0")).toEqual({
      code: "not_found",
      message: `${doing}: ${open.host} does not have its blob ${digestOf("cache")}`,
    });
  });

  test("a copy into a read-only registry leaves no tag", async () => {
    await pushImage(app(open), { platform: amd64, tag: "readonly" });
    await using reader = await startRegistry({ readOnly: true, folder: other.folder });
    await expect(copyTag(imagesOf(), app(open), release(reader), "readonly")).rejects.toMatchObject({ code: "unsupported" });
    expect(await fetchManifest(release(other), "readonly")).toBeUndefined();
  });
});
