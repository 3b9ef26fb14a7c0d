import { FairleadError } from "../errors.ts";
import type { ChangedReference } from "../change/change.ts";
import { formatRepository, type Repository } from "../git/repository.ts";
import { formatImage, formatImageRepository, unknownDigest, type Digest, type ImageRef } from "../image/image.ts";
import type { Context } from "../run/step.ts";
import type { DeployedImage, DeployedReference } from "./output.ts";
import { contradiction, describeImage, missingImage, replacedImage, type ImageSource } from "./image-source.ts";

/** An image, and the commit that it was built from. */
export interface SourcedImage {
  readonly image: ImageRef;
  readonly digest: Digest | undefined;
  readonly source: ImageSource | undefined;
}

/** One image of a change: where it comes from, which commits are new in it, and which references it changes. A change may have many. */
export interface ImageBump extends SourcedImage {
  /** The commit of the source that the replaced image was built from; undefined where that is not known, or of another repository. */
  readonly since: string | undefined;
  /** The page of the commits from `since` to the source's. */
  readonly compare: string | undefined;
  /** None: the base branch deploys the image already. */
  readonly changes: readonly ChangedReference[];
}

/**
 * Reads an image's source from its registry, and warns where it cannot be read. Throws `not_found` if the registry does not have it, unless it `mayBeMissing`.
 * In a dry run of `ship` there is no image yet.
 */
export async function readSource(ctx: Context, image: ImageRef, mayBeMissing: boolean): Promise<SourcedImage> {
  if (image.tag === undefined || image.digest === unknownDigest) return { image, digest: image.digest, source: undefined };
  const { digest, source, warning, missing = false } = await describeImage(ctx.images, image);
  if (missing && !mayBeMissing) throw await missingImage(ctx.images, image);
  const message = warning ?? (await contradiction(ctx.images, image));
  if (message !== undefined) ctx.report({ type: "warning", message });
  return { image, digest, source };
}

/** Returns an image of a change with what changes for it, before the replaced image is looked up. */
export function bumpOf(sourced: SourcedImage, changes: readonly ChangedReference[]): ImageBump {
  const name = formatImageRepository(sourced.image);
  return { ...sourced, since: undefined, compare: undefined, changes: changes.filter(({ subjects }) => subjects.includes(name)) };
}

/** Adds the range of commits: those since the image that is replaced, where both were built from one repository. */
export async function readRange(ctx: Context, bump: ImageBump): Promise<ImageBump> {
  const { image, source, changes } = bump;
  const before = source === undefined ? undefined : replacedImage(image, changes);
  if (source === undefined || before === undefined) return bump;
  const { source: old } = await describeImage(ctx.images, before);
  if (old === undefined || formatRepository(old.repository) !== formatRepository(source.repository)) return bump;
  const isSame = old.commit === source.commit;
  return { ...bump, since: old.commit, compare: isSame ? undefined : comparePage(ctx, source.repository, old.commit, source.commit) };
}

/** Returns an image of a change as JSON. */
export function deployedImage({ image, digest, source, since, compare, changes }: ImageBump): DeployedImage {
  return {
    image: formatImage(image),
    digest: digest ?? null,
    source: source === undefined ? null : { ...sourceJson(source), since: since ?? null, compare: compare ?? null },
    changes: changes.map(deployedReference),
  };
}

/** Returns a changed reference as JSON: which image it is of shows by where it is listed. */
export function deployedReference({ subjects: _, ...reference }: ChangedReference): DeployedReference {
  return reference;
}

function sourceJson({ repository, commit }: ImageSource): { readonly repository: string; readonly commit: string } {
  return { repository: formatRepository(repository), commit };
}

/** The application may be at a provider of which fairlead knows nothing. */
function comparePage(ctx: Context, repository: Repository, from: string, to: string): string | undefined {
  try {
    return ctx.gitProvider(repository.host).comparePage?.(repository, from, to);
  } catch (error) {
    if (error instanceof FairleadError && error.code === "unsupported") return undefined;
    throw error;
  }
}
