import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { Digest, ImageRef } from "../../core/image/image.ts";
import type { Referrer } from "../../core/registry/images.ts";
import type { RegistryClient } from "./client.ts";
import { anyIndex, checkDigest, parseContent } from "./content.ts";
import { askFallbackTag, fallbackTag } from "./fallback-tag.ts";
import { putManifest } from "./manifest.ts";

export const indexType = "application/vnd.oci.image.index.v1+json";
/** Entries that others wrote into the index stay. */
export type AnyIndex = z.output<typeof anyIndex>;

/**
 * Lists the referrers of `subject` under its fallback tag, beside the existing ones, if the registry does not do it
 * itself. Returns false if the registry has no such tag to write to, and so lists nothing.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
 */
export async function listInFallback(
  send: RegistryClient,
  doing: string,
  { registry, repository }: ImageRef,
  subject: Digest,
  referrers: readonly Referrer[],
): Promise<boolean> {
  const answer = await askFallbackTag(send, { registry, repository, digest: subject }, doing);
  if (answer === "the image itself") return false;
  const found = answer === "nothing" ? undefined : answer;
  const before = found && parseContent(doing, "list of referrers", anyIndex, found.bytes);
  const after = merge(before ?? { schemaVersion: 2, mediaType: indexType, manifests: [] }, referrers);
  if (found?.mediaType === indexType && isDeepStrictEqual(after, before)) return true;
  const bytes = Buffer.from(JSON.stringify(after));
  const list = { digest: checkDigest(doing, bytes), mediaType: indexType, bytes };
  await putManifest(send, doing, { registry, repository, tag: fallbackTag(subject) }, list);
  return true;
}

/** An existing entry is written again: some tools leave out its type and annotations. */
function merge(index: AnyIndex, referrers: readonly Referrer[]): AnyIndex {
  const entries = new Map<Digest, object>(index.manifests.map((each) => [each.digest, each]));
  for (const referrer of referrers) entries.set(referrer.digest, entryOf(referrer));
  return listOf(index, [...entries.values()]);
}

/**
 * Returns a list with these entries, and what else others wrote into the index. Fields are in the order of the specification.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 */
export function listOf(index: AnyIndex, entries: readonly object[]): AnyIndex {
  const { schemaVersion: _version, mediaType: _type, manifests: _entries, ...rest } = index;
  return { schemaVersion: 2, mediaType: indexType, manifests: entries as AnyIndex["manifests"], ...rest };
}

/** Returns the entry that the specification wants for a referrer, and no more. */
export function entryOf({ mediaType, size, digest, artifactType, annotations }: Referrer): object {
  const described = Object.keys(annotations).length > 0;
  return { mediaType, size, digest, ...(artifactType !== undefined && { artifactType }), ...(described && { annotations }) };
}
