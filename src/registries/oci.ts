import { FairleadError } from "../core/errors.ts";
import { formatImage, isDigest, isTag, type Digest, type ImageRef, type PinnedImage } from "../core/image.ts";
import type { ImageDescription, Images, RawManifest } from "../core/images.ts";
import { createClient, type ClientOptions, type RegistryAnswer, type RegistryClient } from "./oci/client.ts";
import * as content from "./oci/content.ts";

/**
 * Returns the images of all registries, over the wire.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export function createImages(options: ClientOptions): Images {
  const client = createClient(options);
  const clientFor = (signal: AbortSignal | undefined): RegistryClient =>
    signal === undefined ? client : createClient({ ...options, signal });
  return {
    resolve: (image) => resolve(client, image),
    describe: (image) => describe(client, image),
    manifest: async (image, signal) => {
      const found = await readManifest(clientFor(signal), image);
      if (found === undefined) throw new FairleadError("not_found", `${reading(image)}: there is no such tag or digest`);
      return found;
    },
    tag: (repository, manifest, tags, signal) => tag(clientFor(signal), repository, manifest, tags),
    checkPush: (image) => checkPush(client, image),
  };
}

const accept = content.manifestTypes.join(", ");

function reading(image: ImageRef): string {
  return `read ${formatImage(image)}`;
}

/** HEAD is enough where the registry tells the digest, and Docker Hub does not count it against its limit. */
async function resolve(client: RegistryClient, image: ImageRef): Promise<PinnedImage | undefined> {
  const doing = reading(image);
  const answer = await client({ doing, image, actions: "pull", method: "HEAD", path: manifestPath(doing, image), headers: { accept } });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw answer.refusal();
  const digest = toldDigest(answer) ?? (await readManifest(client, image))?.digest;
  if (digest === undefined) return undefined;
  if (image.digest !== undefined && image.digest !== digest) {
    throw new FairleadError("conflict", `${doing}: the registry has ${digest} for it`);
  }
  return { ...image, digest };
}

async function readManifest(client: RegistryClient, image: ImageRef): Promise<RawManifest | undefined> {
  const doing = reading(image);
  const answer = await client({ doing, image, actions: "pull", method: "GET", path: manifestPath(doing, image), headers: { accept } });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw answer.refusal();
  const mediaType = mediaTypeOf(doing, answer);
  return { digest: content.checkDigest(doing, answer.bytes, image.digest, toldDigest(answer)), mediaType, bytes: answer.bytes };
}

async function describe(client: RegistryClient, image: ImageRef): Promise<ImageDescription | undefined> {
  const manifest = await readManifest(client, image);
  if (manifest === undefined) return undefined;
  const { digest } = manifest;
  if (!content.indexTypes.includes(manifest.mediaType)) {
    const { platform, labels } = await describeOne(client, image, manifest);
    return { digest, platforms: platform === undefined ? [] : [{ platform, digest }], labels };
  }
  const { manifests } = content.parseContent(reading(image), "index", content.indexContent, manifest.bytes);
  const platforms = manifests.flatMap((each) => {
    const platform = content.formatPlatform(each.platform);
    return platform === undefined ? [] : [{ platform, digest: each.digest }];
  });
  const [first] = platforms;
  if (first === undefined) return { digest, platforms, labels: {} };
  const child = { registry: image.registry, repository: image.repository, digest: first.digest };
  const described = await readManifest(client, child).then((found) => found && describeOne(client, child, found));
  return { digest, platforms, labels: described?.labels ?? {} };
}

/** Returns what a manifest of one platform and its configuration tell. */
async function describeOne(
  client: RegistryClient,
  image: ImageRef,
  manifest: RawManifest,
): Promise<{ platform: string | undefined; labels: Readonly<Record<string, string>> }> {
  const doing = reading(image);
  const { config, annotations } = content.parseContent(doing, "manifest", content.manifestContent, manifest.bytes);
  if (!content.configTypes.includes(config.mediaType)) return { platform: undefined, labels: annotations };
  const answer = await client({ doing, image, actions: "pull", method: "GET", path: `blobs/${config.digest}` });
  if (answer.status !== 200) throw answer.refusal();
  content.checkDigest(doing, answer.bytes, config.digest);
  const configuration = content.parseContent(doing, "configuration", content.configContent, answer.bytes);
  return { platform: content.formatPlatform(configuration), labels: { ...configuration.config?.Labels, ...annotations } };
}

/** The bytes go back as they came, so the digest stays and what was signed stays signed. */
async function tag(
  client: RegistryClient,
  { registry, repository }: ImageRef,
  manifest: RawManifest,
  tags: readonly string[],
): Promise<void> {
  const wrong = tags.find((each) => !isTag(each));
  if (wrong !== undefined) {
    const image = formatImage({ registry, repository, digest: manifest.digest });
    throw new FairleadError("input", `tag ${image}: "${wrong}" is not a tag`);
  }
  for (const each of tags) await putManifest(client, { registry, repository, tag: each }, manifest);
}

async function putManifest(client: RegistryClient, image: ImageRef, { digest, mediaType, bytes }: RawManifest): Promise<void> {
  const doing = `tag ${formatImage(image)}`;
  const headers = { "content-type": mediaType };
  const answer = await client({
    doing,
    image,
    actions: "pull,push",
    method: "PUT",
    path: manifestPath(doing, image),
    headers,
    body: bytes,
  });
  if (answer.status !== 201 && answer.status !== 200) throw answer.refusal();
  const told = toldDigest(answer) ?? digest;
  if (told !== digest) throw new FairleadError("conflict", `${doing}: the registry made ${told} of ${digest}`);
}

/** Begins an upload, as every push does, and gives it up. No registry has another way to ask. */
async function checkPush(client: RegistryClient, image: ImageRef): Promise<void> {
  const doing = `push to ${image.registry}/${image.repository}`;
  const common = { doing, image, actions: "pull,push" } as const;
  const begun = await client({ ...common, method: "POST", path: "blobs/uploads/" });
  if (begun.status !== 202) throw begun.refusal();
  const upload = URL.parse(begun.headers.get("location") ?? "", begun.url.href);
  // an upload that stays is nobody's: the registry clears it away by itself
  if (upload !== null) await client({ ...common, method: "DELETE", path: upload }).catch(() => undefined);
}

/** Throws `internal` for a digest that only a push will tell: it is text for people, and no registry's. */
function manifestPath(doing: string, image: ImageRef): string {
  if (image.digest !== undefined && !isDigest(image.digest)) {
    throw new FairleadError("internal", `${doing}: the digest is not known`);
  }
  return `manifests/${image.digest ?? image.tag ?? "latest"}`;
}

function toldDigest(answer: RegistryAnswer): Digest | undefined {
  const told = answer.headers.get("docker-content-digest") ?? "";
  return isDigest(told) ? told : undefined;
}

/** The header names the type; where it says only JSON, the manifest itself may. */
function mediaTypeOf(doing: string, answer: RegistryAnswer): string {
  const told = answer.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (content.manifestTypes.includes(told)) return told;
  const own = /^$|json$/.test(told) ? content.parseContent(doing, "manifest", content.typedContent, answer.bytes).mediaType : told;
  if (content.manifestTypes.includes(own)) return own;
  throw new FairleadError("unsupported", `${doing}: ${answer.url.host} answered ${told || "something"}, which is no manifest of an image`);
}
