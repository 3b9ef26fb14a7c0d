import { FairleadError, type ErrorCode } from "../errors.ts";
import { formatImage, isDigest, isTag, parseImage, sameRepository, type Digest, type ImageRef } from "../image/image.ts";
import type { Images } from "../registry/images.ts";
import { hintOfTags } from "../registry/hint-of-tags.ts";
import type { ChangedReference } from "../change/change.ts";
import { parseRepository, type Repository } from "../git/repository.ts";

/** The commit that an image was built from. */
export interface ImageSource {
  readonly repository: Repository;
  readonly commit: string;
}

/** The description of an image by its registry. */
export interface DescribedImage {
  readonly digest: Digest | undefined;
  readonly source: ImageSource | undefined;
  /** The reason why a part of the description is missing. */
  readonly warning?: string;
}

/** A registry that does not answer us may answer Flux. */
const passedOver: readonly ErrorCode[] = ["unauthenticated", "forbidden", "not_found", "unavailable", "unsupported"];

/**
 * Returns what an image tells of itself by its labels. That the registry does not answer is a warning: it may answer Flux. `missing` says that the
 * registry has no such tag or digest. https://specs.opencontainers.org/image-spec/annotations/
 */
export async function describeImage(images: Images, image: ImageRef): Promise<DescribedImage & { readonly missing?: true }> {
  const nothing = { digest: image.digest, source: undefined };
  try {
    const found = await images.describe(image);
    if (found === undefined) return { ...nothing, missing: true, warning: `${formatImage(image)} is not in its registry` };
    return { digest: found.digest, source: sourceOf(found.labels) };
  } catch (error) {
    if (!(error instanceof FairleadError) || !passedOver.includes(error.code)) throw error;
    return { ...nothing, warning: `${error.message}: the pull request will not name the commit` };
  }
}

/** Returns the error for an image that its registry does not have. */
export async function missingImage(images: Images, image: ImageRef): Promise<FairleadError> {
  return new FairleadError("not_found", `read ${formatImage(image)}: it is not in its registry`, {
    hint: `${await hintOfTags(images, image)}; --unchecked deploys it all the same`,
  });
}

/**
 * Returns a warning if the tag and the digest of a reference are not of one image in its registry. A tag that has moved on since is legitimate, and
 * what runs is the digest. Undefined also if the registry does not tell.
 */
export async function contradiction(images: Images, image: ImageRef): Promise<string | undefined> {
  const { registry, repository, tag, digest } = image;
  if (tag === undefined || digest === undefined) return undefined;
  const name = formatImage({ registry, repository, tag });
  try {
    const current = await images.resolve({ registry, repository, tag });
    if (current === undefined) return `${name} is not in its registry, whatever ${digest} is: the digest decides what runs`;
    return current.digest === digest
      ? undefined
      : `${name} is ${current.digest} in its registry, not ${digest}: the digest decides what runs`;
  } catch (error) {
    if (!(error instanceof FairleadError) || !passedOver.includes(error.code)) throw error;
    return undefined;
  }
}

/** Returns the one image that the changes replace, with its tag where they name one; undefined when they differ, or do not say. */
export function replacedImage(image: ImageRef, changes: readonly ChangedReference[]): ImageRef | undefined {
  const { registry, repository } = image;
  const before = changes.flatMap(({ from }): readonly ImageRef[] => {
    if (isDigest(from)) return [{ registry, repository, digest: from }];
    if (isTag(from)) return [{ registry, repository, tag: from }];
    return parseOrNothing(() => [parseImage(from)]) ?? [];
  });
  const ours = before.filter((each) => sameRepository(each, image));
  const [digest, ...digests] = new Set(ours.flatMap((each) => each.digest ?? []));
  const [tag, ...tags] = new Set(ours.flatMap((each) => each.tag ?? []));
  const tagged = tag !== undefined && tags.length === 0 ? { registry, repository, tag } : undefined;
  if (digest !== undefined) return digests.length === 0 ? { registry, repository, ...tagged, digest } : undefined;
  return tagged;
}

function sourceOf(labels: Readonly<Record<string, string>>): ImageSource | undefined {
  const page = labels["org.opencontainers.image.source"];
  const commit = labels["org.opencontainers.image.revision"];
  if (page === undefined || commit === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return undefined;
  const repository = parseOrNothing(() => parseRepository(page));
  return repository !== undefined && isPlain(repository.path) ? { repository, commit } : undefined;
}

/** A label is foreign text that goes into Markdown and trailers: a path is short and has no markup. */
function isPlain(path: string): boolean {
  return path.length <= 255 && /^[\w.~/-]+$/.test(path);
}

/** Returns undefined where parsing throws: an image's labels are written by whoever built it, and may be anything. */
function parseOrNothing<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
