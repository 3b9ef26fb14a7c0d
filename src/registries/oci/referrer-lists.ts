import { isDeepStrictEqual } from "node:util";
import { isDigest, type Digest, type ImageRef } from "../../core/image/image.ts";
import { mapLimited } from "../../core/limit.ts";
import type { RawManifest, ReferrerList } from "../../core/registry/images.ts";
import type { RegistryClient } from "./client.ts";
import { anyIndex, checkDigest, indexTypes, parseContent } from "./content.ts";
import { askFallbackTag, fallbackTag } from "./fallback-tag.ts";
import { entryOf, indexType, listOf, type AnyIndex } from "./fallback.ts";
import { readManifest, reading } from "./manifest.ts";
import { referrerOf } from "./referrers.ts";
import { listTags } from "./tags.ts";

/** Requests at once, for lists and for the entries of one. */
const listsAtOnce = 4;
const entriesAtOnce = 4;

/** Returns the lists of referrers of a repository, as they are and as they are to be. See `Images.referrerLists`. */
export async function readReferrerLists(send: RegistryClient, repository: ImageRef): Promise<readonly ReferrerList[]> {
  const subjects: Digest[] = [];
  for await (const tag of listTags(send, repository)) {
    const digest = tag.replace("-", ":");
    if (isDigest(digest)) subjects.push(digest);
  }
  const lists = await mapLimited(listsAtOnce, subjects, (subject) => readList(send, repository, subject));
  return lists.flatMap((each) => each ?? []);
}

/** Returns undefined for a tag that is something else than a list. */
async function readList(send: RegistryClient, { registry, repository }: ImageRef, subject: Digest): Promise<ReferrerList | undefined> {
  const image = { registry, repository, tag: fallbackTag(subject) };
  const doing = reading(image);
  const found = await askFallbackTag(send, { registry, repository, digest: subject }, doing);
  if (typeof found === "string" || !indexTypes.includes(found.mediaType)) return undefined;
  const index = parseContent(doing, "list of referrers", anyIndex, found.bytes);
  const entries = await mapLimited(entriesAtOnce, index.manifests, async ({ digest }) => ({
    digest,
    manifest: await readManifest(send, { registry, repository, digest }, doing),
  }));
  const referrers = entries.flatMap(({ manifest }) => (manifest === undefined ? [] : [referrerOf(doing, manifest)]));
  const gone = entries.flatMap(({ digest, manifest }) => (manifest === undefined ? [digest] : []));
  const after = rewrite(doing, found, index, listOf(index, referrers.map(entryOf)));
  return { tag: image.tag, before: found.digest, after, referrers: referrers.length, gone };
}

/** Returns the list as it is, if it says the same. */
function rewrite(doing: string, before: RawManifest, index: AnyIndex, after: AnyIndex): RawManifest {
  if (before.mediaType === indexType && isDeepStrictEqual(index, after)) return before;
  const bytes = Buffer.from(JSON.stringify(after));
  return { mediaType: indexType, bytes, digest: checkDigest(doing, bytes) };
}
