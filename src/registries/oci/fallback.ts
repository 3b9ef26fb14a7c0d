import { z } from "zod";
import type { Digest, ImageRef } from "../../core/image/image.ts";
import type { Referrer } from "../../core/registry/images.ts";
import type { RegistryClient } from "./client.ts";
import { checkDigest, digest, parseContent } from "./content.ts";
import { askFallbackTag, fallbackTag } from "./fallback-tag.ts";
import { putManifest } from "./manifest.ts";

const indexType = "application/vnd.oci.image.index.v1+json";
/** Entries that others wrote into the index stay, known to us or not. */
const anyIndex = z.looseObject({ manifests: z.array(z.looseObject({ digest })) });
type AnyIndex = z.output<typeof anyIndex>;

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
  if (JSON.stringify(after) === JSON.stringify(before)) return true;
  const bytes = Buffer.from(JSON.stringify(after));
  const list = { digest: checkDigest(doing, bytes), mediaType: found?.mediaType ?? indexType, bytes };
  await putManifest(send, doing, { registry, repository, tag: fallbackTag(subject) }, list);
  return true;
}

/** An existing entry is written again: some tools leave out its type and annotations. */
function merge(index: AnyIndex, referrers: readonly Referrer[]): AnyIndex {
  const manifests = new Map<Digest, AnyIndex["manifests"][number]>(index.manifests.map((each) => [each.digest, each]));
  for (const { tag: _tag, annotations, artifactType, ...rest } of referrers) {
    const own = {
      ...rest,
      ...(artifactType !== undefined && { artifactType }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    };
    manifests.set(rest.digest, { ...manifests.get(rest.digest), ...own });
  }
  return { ...index, manifests: [...manifests.values()] };
}
