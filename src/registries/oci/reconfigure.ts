import { isDeepStrictEqual } from "node:util";
import { formatImage, type Digest, type PinnedImage } from "../../core/image/image.ts";
import type { Configuration, RawManifest, Reconfigure } from "../../core/registry/images.ts";
import { sendBytes } from "./blob.ts";
import type { RegistrySession } from "./client.ts";
import { configurationOf } from "./configuration.ts";
import { anyIndex, anyManifest, checkDigest, formatPlatform, indexContent, indexTypes, parseContent } from "./content.ts";
import { putManifest, readManifest } from "./manifest.ts";

/** Returns the manifest of an image whose configurations were changed. See `Images.reconfigure`. */
export async function reconfigureImage(
  session: RegistrySession,
  image: PinnedImage,
  manifest: RawManifest,
  change: Reconfigure,
): Promise<RawManifest> {
  const doing = `configure ${formatImage(image)}`;
  if (!indexTypes.includes(manifest.mediaType)) return reconfigureOne(session, doing, image, manifest, (each) => change(each, undefined));
  const { manifests } = parseContent(doing, "index", indexContent, manifest.bytes);
  const changed = new Map<Digest, RawManifest>();
  for (const { digest, platform } of manifests) {
    const name = formatPlatform(platform);
    const child = name === undefined ? undefined : await readManifest(session.send, { ...image, digest }, doing);
    if (child === undefined) continue; // attestations have no platform
    const next = await reconfigureOne(session, doing, image, child, (each) => change(each, name));
    if (next.digest === digest) continue;
    await putManifest(session.send, doing, { registry: image.registry, repository: image.repository, digest: next.digest }, next);
    changed.set(digest, next);
  }
  if (changed.size === 0) return manifest;
  const index = parseContent(doing, "index", anyIndex, manifest.bytes);
  const entries = index.manifests.map((each) => ({ ...each, ...descriptorOf(changed.get(each.digest)) }));
  return withBytes(doing, manifest, { ...index, manifests: entries });
}

/** Sends the new configuration of one platform. The manifest itself is left to the caller. */
async function reconfigureOne(
  session: RegistrySession,
  doing: string,
  image: PinnedImage,
  manifest: RawManifest,
  change: (configuration: Configuration) => Promise<Configuration>,
): Promise<RawManifest> {
  const configuration = await configurationOf(session.send, doing, image, manifest);
  if (configuration === undefined) return manifest;
  const next = await change(configuration);
  if (isDeepStrictEqual(next, configuration)) return manifest;
  const bytes = Buffer.from(JSON.stringify(next));
  const digest = checkDigest(doing, bytes);
  await sendBytes(session, doing, image, { digest, bytes });
  const content = parseContent(doing, "manifest", anyManifest, manifest.bytes);
  return withBytes(doing, manifest, { ...content, config: { ...content.config, digest, size: bytes.length } });
}

function descriptorOf(manifest: RawManifest | undefined): { readonly digest?: Digest; readonly size?: number } {
  return manifest === undefined ? {} : { digest: manifest.digest, size: manifest.bytes.length };
}

function withBytes(doing: string, { mediaType }: RawManifest, content: object): RawManifest {
  const bytes = Buffer.from(JSON.stringify(content));
  return { mediaType, bytes, digest: checkDigest(doing, bytes) };
}
