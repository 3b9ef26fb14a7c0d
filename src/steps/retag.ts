import { type Context, unchanged, type Plan, type Step } from "../core/run/step.ts";
import { FairleadError, Stale } from "../core/errors.ts";
import {
  formatImage,
  formatImageRepository,
  sameRepository,
  unknownDigest,
  type Digest,
  type ImageRef,
  type PinnedImage,
} from "../core/image/image.ts";
import { mapLimited } from "../core/limit.ts";
import type { RawManifest } from "../core/registry/images.ts";
import { missingReferrers, unlistable, type MissingReferrers } from "../core/registry/missing-referrers.ts";
import { assertNoneTaken, isConflict, isOfCommit, otherTag, type ConflictPolicy } from "../core/image/tag-conflict.ts";
import { type Change } from "../core/run/change.ts";
import type { Transferred } from "../core/run/report.ts";

/** The image, and its new tags. */
export interface RetagInput {
  /** Its digest is fixed, so a second plan means the same image. */
  readonly source: PinnedImage;
  /** The source's own bytes. Undefined: read when they are needed. */
  readonly manifest: RawManifest | undefined;
  /** Registry and repository of the tags. The image is copied if they are not the source's. */
  readonly to: ImageRef;
  /** At least one, each once. */
  readonly tags: readonly string[];
  /** Undefined: decided by each tag's name, with `isMovingTag`. */
  readonly onConflict: ConflictPolicy | undefined;
  /** For a copy of a build: a tag of an image of the same commit is moved, whatever its name. */
  readonly built?: { readonly commit: string | undefined } | undefined;
  /** Also copies the referrers of the image. Within one repository they stay valid by themselves. */
  readonly referrers: boolean;
  /** Skips the conflict check and the read-back. */
  readonly unchecked: boolean;
}

/** The result for each tag. `from` is `null` for a new tag, and for one that was not checked. */
export type Retagged = {
  /** The source, pinned. */
  readonly image: string;
  readonly tags: readonly { readonly image: string; readonly digest: Digest; readonly from: Digest | null; readonly changed: boolean }[];
  /** The digests of copied referrers. */
  readonly referrers: readonly Digest[];
};

/**
 * Gives an image further tags, with its own bytes: the digest stays. In another repository, its content comes before
 * the tags.
 */
export const retagStep: Step<RetagInput, Retagged> = {
  name: "retag",
  needs: ["registry:pull", "registry:push"],
  key: ({ source, to, tags }) => `${tags.map((tag) => formatImage(tagged(to, tag))).join(" ")} from ${formatImage(source)}`,
  async plan(ctx, input) {
    const tags = await readTags(ctx, input);
    await assertNoConflicts(ctx, input, tags);
    const missing = await findMissing(ctx, input);
    const expected = retagged(input, tags, missing.digests);
    const left = tags.filter((tag) => tag.left).map(({ image, from }) => `${formatImage(image)} has ${from} and is left`);
    const warnings = [...left, ...missing.warnings];
    const changes = [...tagChanges(input, tags), ...referrerChanges(input, missing.digests)];
    return changes.length === 0 ? unchanged(expected, warnings) : planRetag(ctx, input, tags, { changes, warnings, expected });
  },
};

/** A tag, its current digest, and whether it keeps that. */
interface Tag {
  readonly image: ImageRef & { readonly tag: string };
  readonly from: Digest | undefined;
  readonly left: boolean;
}

/** Requests at once: a registry with a rate limit should not get a hundred. */
const requestsAtOnce = 8;

function planRetag(ctx: Context, input: RetagInput, tags: readonly Tag[], plan: Omit<Plan<Retagged>, "apply">): Plan<Retagged> {
  const { source, to } = input;
  const moving = tags.filter((tag) => moves(input, tag));
  return {
    ...plan,
    async apply(signal) {
      const manifest = input.manifest ?? (await ctx.images.manifest(source, signal));
      if (sameRepository(source, to)) {
        await giveTags(ctx, input, manifest, moving, signal);
        return plan.expected;
      }
      let last: Transferred | undefined;
      const place = formatImageRepository(to);
      const progress = (state: Transferred): void =>
        ctx.report({ type: "transfer", doing: "copy", to: place, ...(last = state), ended: false });
      const copied = await ctx.images.copy(source, manifest, to, { referrers: input.referrers, progress }); // stopped with the run: another one completes it
      if (last !== undefined) ctx.report({ type: "transfer", doing: "copy", to: place, ...last, ended: true });
      for (const digest of copied.unlistable) warnOnce(ctx, plan, unlistable({ ...to, digest }));
      if (!input.unchecked) await assertNotMoved(ctx, moving, signal); // as late as possible: a copy may take minutes
      await giveTags(ctx, input, manifest, moving, signal);
      return { ...plan.expected, referrers: copied.referrers.map(({ digest }) => digest) };
    },
  };
}

/** The plan may have said it already: then the registry had the image before. */
function warnOnce(ctx: Context, { warnings }: Pick<Plan<Retagged>, "warnings">, message: string): void {
  if (!warnings.includes(message)) ctx.report({ type: "warning", message });
}

async function readTags(ctx: Context, { source, to, tags, onConflict, unchecked }: RetagInput): Promise<readonly Tag[]> {
  const images = tags.map((tag) => tagged(to, tag));
  if (unchecked) return images.map((image) => ({ image, from: undefined, left: false }));
  return mapLimited(requestsAtOnce, images, async (image) => {
    const from = (await ctx.images.resolve(image))?.digest;
    return { image, from, left: from !== undefined && from !== source.digest && onConflict === "skip" };
  });
}

/** Throws before anything is written if one tag may not be moved. */
async function assertNoConflicts(ctx: Context, input: RetagInput, tags: readonly Tag[]): Promise<void> {
  const { source, onConflict, built, unchecked } = input;
  if (unchecked) return;
  const others = tags.flatMap(({ image, from }) => (from === undefined || from === source.digest ? [] : [{ image, from }]));
  const taken = others.filter(({ image }) => isConflict(image.tag, onConflict));
  const found = await mapLimited(requestsAtOnce, built?.commit === undefined ? [] : taken, ({ image }) => ctx.images.describe(image));
  const theirs = taken
    .map((tag, index) => ({ ...tag, labels: found[index]?.labels }))
    .filter(({ labels = {} }) => !isOfCommit(labels, built?.commit));
  const hint = built === undefined ? "move it with --on-conflict move, or leave it with --on-conflict skip" : otherTag;
  assertNoneTaken(`retag ${formatImage(source)}`, theirs, hint);
}

/** Within one repository, and in a dry run of an image that is not pushed yet, nothing is missing. */
async function findMissing(ctx: Context, { source, to, referrers }: RetagInput): Promise<MissingReferrers> {
  if (!referrers || sameRepository(source, to) || source.digest === unknownDigest) return { digests: [], warnings: [] };
  return await missingReferrers(ctx.images, source, to);
}

async function assertNotMoved(ctx: Context, tags: readonly Tag[], signal: AbortSignal): Promise<void> {
  const now = await mapLimited(requestsAtOnce, tags, ({ image }) => ctx.images.resolve(image, signal));
  const moved = tags.find(({ from }, index) => now[index]?.digest !== from);
  if (moved !== undefined) throw new Stale(`${formatImage(moved.image)} was moved by somebody else`);
}

/** No registry has a PUT with a condition: the last writer is found by reading the tag again. */
async function giveTags(ctx: Context, input: RetagInput, manifest: RawManifest, tags: readonly Tag[], signal: AbortSignal): Promise<void> {
  await mapLimited(requestsAtOnce, tags, async ({ image }) => {
    await ctx.images.tag(image, manifest, [image.tag], signal);
    const now = input.unchecked ? manifest : await ctx.images.resolve(image, signal);
    if (now?.digest === manifest.digest) return;
    const found = now === undefined ? "the registry does not have it" : `it has ${now.digest}`;
    throw new FairleadError("conflict", `tag ${formatImage(image)}: ${found} after ${manifest.digest} was given to it`, {
      hint: "find out what else sets this tag, then run it again",
    });
  });
}

function tagChanges(input: RetagInput, tags: readonly Tag[]): readonly Change[] {
  return tags
    .filter((tag) => moves(input, tag))
    .map(({ image, from }): Change => {
      const change = { target: formatImage(image), to: input.source.digest };
      if (from !== undefined) return { ...change, action: "update", from };
      return { ...change, action: input.unchecked ? "update" : "create" };
    });
}

function referrerChanges({ to }: RetagInput, digests: readonly Digest[]): readonly Change[] {
  const { registry, repository } = to;
  return digests.map((digest) => ({ target: formatImage({ registry, repository, digest }), action: "create" }));
}

function retagged(input: RetagInput, tags: readonly Tag[], referrers: readonly Digest[]): Retagged {
  const { source } = input;
  return {
    image: formatImage(source),
    tags: tags.map((tag) => ({
      image: formatImage(tag.image),
      digest: tag.left && tag.from !== undefined ? tag.from : source.digest,
      from: tag.from ?? null,
      changed: moves(input, tag),
    })),
    referrers,
  };
}

function moves({ source }: RetagInput, { from, left }: Tag): boolean {
  return !left && from !== source.digest;
}

function tagged({ registry, repository }: ImageRef, tag: string): ImageRef & { readonly tag: string } {
  return { registry, repository, tag };
}
