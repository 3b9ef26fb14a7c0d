/** Referrers between registries with and without their API, as both sides' own tools see them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Referrer } from "../../../src/core/registry/images.ts";
import { startReferrersRegistry, startRegistry, type Registry } from "../../doubles/registry.ts";
import { listen, readBody, type Running } from "../../doubles/server.ts";
import { runTool, toolsAreThere } from "../../tools.ts";
import { digestOf, fetchManifest, ociIndex, pushManifest, type Descriptor, type Place } from "../content.ts";
import { copyTag, imageAt, imagesOf, pushTwoPlatforms, readTree, referrerTo, signature } from "./copying.ts";

let without: Registry;
let another: Registry;
let withApi: Running;
beforeAll(async () => {
  [without, another] = await Promise.all([startRegistry(), startRegistry()]);
  if (toolsAreThere) withApi = await startReferrersRegistry();
});
afterAll(async () => {
  await Promise.all([without, another, ...(toolsAreThere ? [withApi] : [])].map((each) => each.stop()));
});

const at = (registry: Running, repository: string): Place => ({ host: registry.host, repository });
const fallback = (digest: string): string => digest.replace(":", "-");

function referrer({ digest, mediaType, size }: Descriptor, text: string): Referrer {
  return { digest, mediaType, size, artifactType: signature, annotations: { says: text }, tag: undefined };
}

/**
 * Pushes an index with a signature, a signature of that, and one of its first platform.
 * Without an API, fallback tags list them.
 */
async function pushSigned(place: Place, tag: string, list: boolean): Promise<{ index: Descriptor; all: readonly Referrer[] }> {
  const { index, first } = await pushTwoPlatforms(place, tag);
  const sign = async (subject: Descriptor, text: string): Promise<Descriptor> => {
    const pushed = await pushManifest(place, await referrerTo(place, subject, text));
    const entry = { ...pushed, artifactType: signature, annotations: { says: text } };
    if (list) await pushManifest(place, { schemaVersion: 2, mediaType: ociIndex, manifests: [entry] }, fallback(subject.digest));
    return pushed;
  };
  const whole = await sign(index, `${tag} is good`);
  const twice = await sign(whole, `${tag} is good, says another`);
  const one = await sign(first, `${tag} for amd64 is good`);
  const all = [
    referrer(twice, `${tag} is good, says another`),
    referrer(whole, `${tag} is good`),
    referrer(one, `${tag} for amd64 is good`),
  ];
  return { index, all };
}

/** Expects that a place has all referrers: found by us, and their manifests byte by byte. */
async function expectSame(from: Place, to: Place, subject: Descriptor, all: readonly Referrer[]): Promise<void> {
  const listed = await imagesOf().referrers({ ...imageAt(to), digest: subject.digest });
  expect(listed).toEqual(all.filter((each) => listed.some(({ digest }) => digest === each.digest)));
  expect(listed).toHaveLength(1);
  for (const { digest } of all) expect(await fetchManifest(to, digest)).toEqual(await fetchManifest(from, digest));
}

describe.runIf(toolsAreThere).each([
  ["API", "API", () => [withApi, withApi] as const],
  ["API", "fallback tags", () => [withApi, without] as const],
  ["fallback tags", "API", () => [without, withApi] as const],
  ["fallback tags", "fallback tags", () => [without, another] as const],
])("a copy from %s to %s", (source, target, registries) => {
  test("signatures, their signatures and those of one platform are copied along", async () => {
    const [from, to] = registries();
    const name = `${source}-${target}`.replaceAll(" ", "-").toLowerCase();
    const [here, there] = [at(from, `${name}/app`), at(to, `${name}/release`)];
    const { index, all } = await pushSigned(here, "1.0", from !== withApi);
    const { referrers } = await copyTag(imagesOf(), here, there, "1.0", true);
    expect(new Set(referrers)).toEqual(new Set(all));
    await expectSame(here, there, index, all);
    expect(await readTree(there, "1.0")).toEqual(await readTree(here, "1.0"));
    const tree = await runTool(
      "regctl",
      "--host",
      `reg=${to.host},tls=disabled`,
      "artifact",
      "list",
      `${to.host}/${there.repository}:1.0`,
      "--format",
      "{{range .Descriptors}}{{.ArtifactType}} {{.Annotations.says}}{{end}}",
    );
    expect(tree).toBe(`${signature} 1.0 is good`);
    const list = await fetchManifest(there, fallback(index.digest));
    expect(list === undefined).toBe(target === "API");
    expect(await copyTag(imagesOf(), here, there, "1.0", true)).toMatchObject({ bytes: 0, blobs: { sent: 0 } });
    expect(await fetchManifest(there, fallback(index.digest))).toEqual(list);
  });
});

test("referrers are not copied without the option", async () => {
  const [here, there] = [at(without, "plain/app"), at(without, "plain/release")];
  const { index } = await pushSigned(here, "1.0", true);
  expect((await copyTag(imagesOf(), here, there, "1.0")).referrers).toEqual([]);
  expect(await imagesOf().referrers({ ...imageAt(there), digest: index.digest })).toEqual([]);
});

test("a fallback tag with other entries keeps them, and completes an entry without its type", async () => {
  const [here, there] = [at(without, "merge/app"), at(another, "merge/app")];
  const { index, all } = await pushSigned(here, "1.0", true);
  const others = { mediaType: ociIndex, digest: digestOf("other"), size: 7, artifactType: "application/vnd.other", data: "b3RoZXI=" };
  const mine = all.find(({ annotations }) => annotations.says === "1.0 is good");
  const bare = { mediaType: mine?.mediaType, digest: mine?.digest, size: mine?.size };
  const kept = { schemaVersion: 2, mediaType: ociIndex, manifests: [others, bare], annotations: { by: "somebody" } };
  // docker-registry refuses an index whose manifests it does not have
  await pushManifest(there, { ...kept, manifests: [] }, fallback(index.digest));
  await copyTag(imagesOf(), here, there, "1.0", true);
  const list = JSON.parse((await fetchManifest(there, fallback(index.digest)))?.toString() ?? "") as object;
  expect(list).toEqual({
    ...kept,
    manifests: [{ ...bare, artifactType: signature, annotations: { says: "1.0 is good" } }],
  });
});

describe("cosign's tags", () => {
  const cosign = (digest: string, suffix: string): string => `${fallback(digest)}.${suffix}`;

  test("cosign's tags are copied for the index and for its platforms", async () => {
    const [here, there] = [at(without, "cosign/app"), at(another, "cosign/app")];
    const { index, second } = await pushTwoPlatforms(here, "1.0");
    const { subject: _subject, ...signed } = await referrerTo(here, index, "signed");
    const { subject: _other, ...attested } = await referrerTo(here, second, "attested");
    const sig = await pushManifest(here, { ...signed, mediaType: signed.mediaType }, cosign(index.digest, "sig"));
    const att = await pushManifest(here, { ...attested, mediaType: attested.mediaType }, cosign(second.digest, "att"));
    const { referrers } = await copyTag(imagesOf(), here, there, "1.0", true);
    const expected = [
      { ...referrer(sig, "signed"), tag: cosign(index.digest, "sig") },
      { ...referrer(att, "attested"), tag: cosign(second.digest, "att") },
    ];
    expect(new Set(referrers)).toEqual(new Set(expected));
    expect(await imagesOf().referrers({ ...imageAt(there), digest: index.digest })).toEqual(expected.slice(0, 1));
    expect(await fetchManifest(there, cosign(second.digest, "att"))).toEqual(await fetchManifest(here, att.digest));
  });

  test("cosign's tags are not moved if the destination has other signatures", async () => {
    const [here, there] = [at(without, "signed/app"), at(another, "signed/app")];
    const { index } = await pushTwoPlatforms(here, "1.0");
    const ours = await referrerTo(here, index, "ours");
    const theirs = await referrerTo(there, index, "theirs");
    await pushManifest(here, ours, cosign(index.digest, "sig"));
    await pushManifest(there, theirs, cosign(index.digest, "sig"));
    const before = await fetchManifest(there, cosign(index.digest, "sig"));
    await expect(copyTag(imagesOf(), here, there, "1.0", true)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/sha256-\w+\.sig has signatures at \S+ that \S+ does not have$/) as string,
    });
    expect(await fetchManifest(there, cosign(index.digest, "sig"))).toEqual(before);
    expect(await fetchManifest(there, "1.0")).toBeUndefined();
  });

  test("cosign's tags are moved if the source has all signatures of the destination", async () => {
    const [here, there] = [at(without, "more/app"), at(another, "more/app")];
    const { index } = await pushTwoPlatforms(here, "1.0");
    const one = await referrerTo(here, index, "one");
    await pushManifest(here, one, cosign(index.digest, "sig"));
    await copyTag(imagesOf(), here, there, "1.0", true);
    const two = await referrerTo(here, index, "two");
    const both = { ...two, layers: [...(one.layers as object[]), ...(two.layers as object[])] };
    const { digest } = await pushManifest(here, both, cosign(index.digest, "sig"));
    await copyTag(imagesOf(), here, there, "1.0", true);
    expect(await imagesOf().resolve(imageAt(there, cosign(index.digest, "sig")))).toMatchObject({ digest });
  });
});

test("a list of referrers is read page by page, and an endless one is refused", async () => {
  await using stack = new AsyncDisposableStack();
  const entry = (text: string): Referrer => ({
    digest: digestOf(text),
    mediaType: ociIndex,
    size: 2,
    artifactType: undefined,
    annotations: {},
    tag: undefined,
  });
  const pageOf = (manifests: readonly object[]): string => JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests });
  const host = await listen(stack, async (request, response) => {
    await readBody(request);
    const { pathname, searchParams } = new URL(request.url ?? "", "http://registry");
    const page = Number(searchParams.get("page") ?? 1);
    const endless = pathname.startsWith("/v2/endless/");
    if (!pathname.includes("/referrers/")) response.writeHead(404).end();
    else if (page === 3 && !endless) response.writeHead(200, { "content-type": ociIndex }).end(pageOf([entry("three")]));
    else {
      const link = `<${pathname}?page=${page + 1}>; rel="next"`;
      response.writeHead(200, { "content-type": ociIndex, link }).end(pageOf([entry(["", "one", "two"][page] ?? "")]));
    }
  });
  const read = (repository: string): Promise<readonly Referrer[]> =>
    imagesOf().referrers({ registry: host, repository, digest: digestOf("it") });
  expect(await read("app")).toEqual([entry("one"), entry("two"), entry("three")]);
  await expect(read("endless")).rejects.toMatchObject({
    code: "unsupported",
    message: `list referrers of ${host}/endless@${digestOf("it")}: ${host} lists referrers without end`,
  });
});

test.runIf(toolsAreThere)("servesReferrers asks the registry whether it serves referrers", async () => {
  for (const registry of [withApi, without]) {
    await pushTwoPlatforms(at(registry, "any/app"), "1.0");
    expect(await imagesOf().servesReferrers(imageAt(at(registry, "any/app")))).toBe(registry === withApi);
  }
});
