import { formatImage, type Digest, type ImageRef, type PinnedImage } from "../image/image.ts";
import { mapLimited, settleAll } from "../limit.ts";
import type { Images } from "./images.ts";

/** Requests at once. */
const requestsAtOnce = 8;

/** The referrers of an image that another repository lacks, and a warning if it cannot list those that it has. */
export interface MissingReferrers {
  readonly digests: readonly Digest[];
  readonly warnings: readonly string[];
}

/**
 * Returns the referrers of `source` that the repository `to` does not list. Where it cannot list any, a referrer is
 * missing if its manifest is: otherwise each plan would copy it again.
 */
export async function missingReferrers(images: Images, source: PinnedImage, to: ImageRef): Promise<MissingReferrers> {
  const copy = { registry: to.registry, repository: to.repository, digest: source.digest };
  const [wanted, present] = await settleAll([images.referrers(source), images.referrers(copy)]);
  const listed = new Set(present.map(({ digest }) => digest));
  const digests = wanted.map(({ digest }) => digest).filter((digest) => !listed.has(digest));
  if (digests.length === 0 || (await images.canListReferrers(copy))) return { digests, warnings: [] };
  const found = await mapLimited(requestsAtOnce, digests, (digest) => images.resolve({ ...copy, digest }));
  return { digests: digests.filter((_, index) => found[index] === undefined), warnings: [unlistable(copy)] };
}

/** Returns the warning for an image whose referrers its registry cannot list. */
export function unlistable(image: PinnedImage): string {
  return `${image.registry} cannot list the signatures of ${formatImage(image)}: it takes the tag of the list for the image itself`;
}
