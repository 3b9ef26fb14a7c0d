import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startReferrersRegistry, startRegistry, type Registry } from "../doubles/registry.ts";
import type { Running } from "../doubles/server.ts";
import { digestOf, ociIndex, ociManifest, pushBlob, pushImage, pushIndex, pushManifest, type Descriptor } from "../registries/content.ts";
import { toolPath } from "../tools.ts";

let registry: Registry;
let withReferrers: Running;
let amd64: Descriptor;
let arm64: Descriptor;
let index: Descriptor;
const labels = {
  "org.opencontainers.image.source": "https://github.com/acme/app",
  "org.opencontainers.image.revision": "7d3f0c9a1b2e7d3f0c9a1b2e7d3f0c9a1b2e7d3f",
};

beforeAll(async () => {
  [registry, withReferrers] = await Promise.all([startRegistry(), startReferrersRegistry()]);
  for (const { host } of [registry, withReferrers]) {
    const place = { host, repository: "acme/app" };
    const platforms = [
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ] as const;
    [amd64, arm64] = [
      await pushImage(place, { platform: platforms[0], labels }),
      await pushImage(place, { platform: platforms[1], labels }),
    ];
    index = await pushIndex(
      place,
      [
        { ...amd64, platform: platforms[0] },
        { ...arm64, platform: platforms[1] },
      ],
      "1.4.3",
    );
    await pushImage(place, { platform: platforms[0], labels, tag: "1.4.2" });
  }
});
afterAll(() => Promise.all([registry, withReferrers].map((each) => each[Symbol.asyncDispose]())));

const app = (name = ""): string => `${registry.host}/acme/app${name}`;

/** Runs `fairlead image` and returns all that ended it, with the document's names. */
async function image(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await fairlead(["image", ...args]);
  return `${code} ${stdout}${stderr}`.trimEnd().replaceAll(registry.host, "REGISTRY");
}

test("image digest prints the digest of a tag alone, as crane does", async () => {
  const crane = await promisify(execFile)(toolPath("crane"), ["digest", "--insecure", app(":1.4.3")]);
  expect(await image("digest", app(":1.4.3"))).toBe(`0 ${crane.stdout.trim()}`);
  expect(JSON.parse((await fairlead(["image", "digest", app(":1.4.3"), "--json"])).stdout)).toEqual({
    image: app(`@${index.digest}`),
    digest: index.digest,
  });
});

/** A registry may list in any order, whatever the specification says: Debian's does. */
const sorted = (text: string): readonly string[] => text.trimEnd().split("\n").sort();

test("image ls lists the tags of a repository with their digests, as crane lists them", async () => {
  const crane = await promisify(execFile)(toolPath("crane"), ["ls", "--insecure", app()]);
  const listed = async (...args: readonly string[]): Promise<unknown> => {
    const found = JSON.parse((await fairlead(["image", "ls", app(), "--json", ...args])).stdout) as { readonly tag: string }[];
    return found.toSorted((one, other) => (one.tag < other.tag ? -1 : 1));
  };
  expect(await listed()).toEqual([
    { tag: "1.4.2", digest: amd64.digest },
    { tag: "1.4.3", digest: index.digest },
  ]);
  expect(await listed("--no-digest")).toEqual([
    { tag: "1.4.2", digest: null },
    { tag: "1.4.3", digest: null },
  ]);
  const { stdout } = await fairlead(["image", "ls", app()]);
  expect(sorted(stdout)).toEqual([`1.4.2  ${amd64.digest}`, `1.4.3  ${index.digest}`]);
  expect(sorted((await fairlead(["image", "ls", app(), "--no-digest"])).stdout)).toEqual(sorted(crane.stdout));
  expect(await image("ls", app(), "--no-digest", "--limit", "1")).toMatch(/^0 1\.4\.[23]$/);
});

test("image inspect prints platforms, build and referrers of an image", async () => {
  const host = withReferrers.host;
  const config = await pushBlob({ host, repository: "acme/app" }, "{}", "application/spdx+json");
  const subject = { mediaType: ociIndex, digest: index.digest, size: index.size };
  const sbom = { schemaVersion: 2, mediaType: ociManifest, artifactType: "application/spdx+json", config, layers: [], subject };
  const { digest, size } = await pushManifest({ host, repository: "acme/app" }, { ...sbom, annotations: { by: "test" } }, undefined);
  const { code, stdout } = await fairlead(["image", "inspect", `${host}/acme/app:1.4.3`, "--json"]);
  expect({ code, ...(JSON.parse(stdout) as object) }).toEqual({
    code: 0,
    image: `${host}/acme/app@${index.digest}`,
    tag: "1.4.3",
    mediaType: ociIndex,
    size: index.size,
    platforms: [
      { platform: "linux/amd64", digest: amd64.digest, size: amd64.size, labels, created: null },
      { platform: "linux/arm64", digest: arm64.digest, size: arm64.size, labels, created: null },
    ],
    build: { source: "github.com/acme/app", commit: labels["org.opencontainers.image.revision"], identity: null },
    referrers: [{ digest, artifactType: "application/spdx+json", size, annotations: { by: "test" } }],
  });
});

test("an image or a repository that is not there is not found, and the nearest tags are named", async () => {
  expect([
    await image("digest", app(":1.4.4")),
    await image("inspect", app(`@${digestOf("nothing")}`)),
    await image("ls", `${registry.host}/acme/nope`),
    await image("digest", app()),
    await image("ls", app(":1.4.3")),
  ]).toMatchInlineSnapshot(`
    [
      "4 fairlead: read REGISTRY/acme/app:1.4.4: there is no such tag or digest
    hint: name a tag that is there, such as 1.4.2, 1.4.3",
      "4 fairlead: read REGISTRY/acme/app@sha256:1785cfc3bc6ac7738e8b38cdccd1af12563c2b9070e07af336a1bf8c0f772b6a: there is no such tag or digest
    hint: name a tag that is there, such as 1.4.2, 1.4.3",
      "4 fairlead: list tags of REGISTRY/acme/nope: REGISTRY has no such repository (NAME_UNKNOWN: repository name not known to registry)",
      "2 fairlead: image: IMAGE: REGISTRY/acme/app has neither tag nor digest
    hint: name one image, or list the tags with fairlead image ls",
      "2 fairlead: image: IMAGE: it is more than a repository
    hint: leave out the tag and the digest",
    ]
  `);
});

test("image inspect of one platform is that platform, without an index", async () => {
  const { stdout } = await fairlead(["image", "inspect", app(":1.4.2"), "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    mediaType: ociManifest,
    platforms: [{ platform: "linux/amd64", digest: amd64.digest, size: amd64.size }],
    referrers: [],
  });
});
