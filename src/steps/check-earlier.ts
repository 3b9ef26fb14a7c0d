import type { EarlierEnvironment } from "../core/deploy/earlier.ts";
import type { SourcedImage } from "../core/deploy/image-bump.ts";
import { runningImages } from "../core/deploy/manifest/running.ts";
import { FairleadError } from "../core/errors.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { formatImage, formatImageRepository, isTag, unknownDigest, type Digest, type ImageRef } from "../core/image/image.ts";
import { unchanged, type Context, type Step } from "../core/run/step.ts";

/** Images that are to be deployed to an environment. */
export interface EarlierInput {
  readonly environment: string;
  readonly images: readonly Pick<SourcedImage, "image" | "digest">[];
  /** Where they are deployed: an environment that names no repository has its manifests there too. */
  readonly repository: Repository;
  readonly branch: string | undefined;
}

/** The environments that have the images. */
export type EarlierChecked = { readonly environments: readonly string[] };

/**
 * Reads whether the environments before one have the same images: each reference to their repositories in the manifests is of that digest. Throws `conflict`
 * where one is not, or where no image is built yet.
 */
export const checkEarlier: Step<EarlierInput, EarlierChecked> = {
  name: "check-earlier",
  needs: ["contents:read"],
  key: ({ environment, images }) => `${environment} ${images.map(({ image }) => formatImage(image)).join(" ")}`,
  async plan(ctx, input) {
    const earlier = ctx.earlier(input.environment);
    for (const each of earlier) await checkOne(ctx, each, input);
    return unchanged({ environments: earlier.map(({ name }) => name) });
  },
};

async function checkOne(ctx: Context, earlier: EarlierEnvironment, { environment, images, ...own }: EarlierInput): Promise<void> {
  const { name, repository = own.repository } = earlier;
  const branch = earlier.branch ?? (earlier.repository === undefined ? own.branch : undefined);
  const { tree } = await ctx.git.open(repository, branch);
  for (const { image, digest } of images) {
    const has = await differing(ctx, { image, digest }, await runningImages(tree, image, earlier.folder, ctx.breathe));
    if (has === undefined) continue;
    const where = [formatRepository(repository), earlier.folder].filter((part) => part !== "").join(" ");
    const { digest: _, ...unbuilt } = image;
    const wanted = formatImage(digest === unknownDigest ? unbuilt : image);
    throw new FairleadError("conflict", `deploy ${wanted} to ${environment}: ${name} has ${has} (${where})`, {
      hint: `deploy it to ${name} first`,
    });
  }
}

/** Returns what an environment has in place of the image; undefined where it has the image, and nothing else of its repository. */
async function differing(
  ctx: Context,
  { image, digest }: EarlierInput["images"][number],
  running: readonly ImageRef[],
): Promise<string | undefined> {
  if (digest === unknownDigest) return "not got it, as it is not built yet";
  if (running.length === 0) return `no reference to ${formatImageRepository(image)}`;
  for (const each of running) if (!(await isSame(ctx, { image, digest }, each))) return formatImage(each);
  return undefined;
}

/** A digest decides what runs. Without one, the same tag is the same image, and another tag may be. */
async function isSame(ctx: Context, { image, digest }: EarlierInput["images"][number], there: ImageRef): Promise<boolean> {
  if (there.digest === undefined && image.digest === undefined && there.tag === image.tag) return true;
  return digest !== undefined && (await digestOf(ctx, there)) === digest;
}

async function digestOf(ctx: Context, image: ImageRef): Promise<Digest | undefined> {
  if (image.digest !== undefined) return image.digest;
  return image.tag !== undefined && isTag(image.tag) ? (await ctx.images.resolve(image))?.digest : undefined;
}
