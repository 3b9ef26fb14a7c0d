import { formatImage, type Digest, type PinnedImage } from "../../core/image/image.ts";
import type { RawManifest } from "../../core/registry/images.ts";
import type { RegistryClient } from "./client.ts";
import { readManifest } from "./manifest.ts";

/**
 * What a registry has at the fallback tag of an image: a manifest, nothing, or the image itself.
 * GitLab's registry takes `sha256-<hex>` for the digest `sha256:<hex>`. No list can be read there, and so none is
 * written: https://github.com/oras-project/oras/issues/2148
 */
export type FallbackAnswer = RawManifest | "nothing" | "the image itself";

/**
 * Returns the tag that lists the referrers of a digest if there is no API:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
 */
export function fallbackTag(digest: Digest): string {
  return digest.replace(":", "-");
}

/** Returns what a registry has at the fallback tag of an image. No list can have the digest of its own subject. */
export async function askFallbackTag(
  send: RegistryClient,
  { registry, repository, digest }: PinnedImage,
  doing = `list referrers of ${formatImage({ registry, repository, digest })}`,
): Promise<FallbackAnswer> {
  const found = await readManifest(send, { registry, repository, tag: fallbackTag(digest) }, doing);
  if (found === undefined) return "nothing";
  return found.digest === digest ? "the image itself" : found;
}
