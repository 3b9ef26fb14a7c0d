import type { Client, Container } from "@dagger.io/dagger";
import { annotateIndex } from "../core/registry/annotate-index.ts";
import { identityLabel, type Build } from "../core/image/build.ts";
import type { Context, Plan, Step } from "../core/run/step.ts";
import { asFairleadError, FairleadError, Stale } from "../core/errors.ts";
import {
  formatImage,
  formatImageRepository,
  parseImage,
  unknownDigest,
  type Digest,
  type ImageRef,
  type PinnedImage,
} from "../core/image/image.ts";
import { withExcerpt } from "../core/image/failed-run.ts";
import { completeImage } from "../core/image/complete-image.ts";
import type { ImageDescription, RawManifest } from "../core/registry/images.ts";
import type { RegistryLogin } from "../core/registry/registry.ts";
import { assertNoneTaken, isConflict, isOfCommit, otherTag, revisionLabel } from "../core/image/tag-conflict.ts";
import type { Change } from "../core/run/change.ts";

/** The image to push, and its destination. */
export interface PushInput {
  /** Registry and repository. */
  readonly image: ImageRef;
  /** At least one. */
  readonly tags: readonly string[];
  readonly build: Build;
  /** Builds even if the registry has the same build. */
  readonly rebuild: boolean;
  /** For a tag of an image of another commit. Undefined: decided by each tag's name, with `isMovingTag`. */
  readonly onConflict?: "fail" | "move" | undefined;
  /** The login at the image's registry with which base images are pulled; by default that of the push. */
  readonly pullLogin?: PullLogin | undefined;
}

/**
 * A login for the build alone, `none`, or that of the push. Whoever writes the Dockerfile can copy out of any image that
 * it may read. Logins belong to a run's session: where this is another than that of the push, a run pushes one image
 * after the other.
 */
export type PullLogin = "that of the push" | "none" | Pick<RegistryLogin, "username" | "password">;

/** The image in the registry after the push. */
export type Pushed = {
  /** The first tag, pinned. */
  readonly image: string;
  readonly digest: Digest;
  readonly platforms: readonly { readonly platform: string; readonly digest: Digest }[];
  readonly tags: readonly string[];
};

/**
 * Builds an image and pushes it under its tags. If the registry has the same build, it is tagged and not built again.
 */
export const pushStep: Step<PushInput, Pushed> = {
  name: "push",
  needs: ["registry:pull", "registry:push"],
  key: ({ image, tags, build }) =>
    `${tags.map((tag) => formatImage({ ...image, tag })).join(" ")} from ${build.name}${build.identity === undefined ? "" : ` (build ${build.identity.slice(0, 12)})`}`,
  async plan(ctx, input) {
    const existing = await ctx.all(input.tags.map((tag) => ctx.images.describe({ ...input.image, tag })));
    const { identity } = input.build;
    const made = input.rebuild || identity === undefined ? undefined : existing.find((each) => each?.labels[identityLabel] === identity);
    assertNoConflicts(input, existing, made);
    return made === undefined ? planBuild(ctx, input, existing) : planTags(ctx, input, existing, made);
  },
};

/** Throws before anything is built if a tag has an image of another commit and may not be moved. */
function assertNoConflicts(
  { image, tags, build, onConflict }: PushInput,
  existing: readonly (ImageDescription | undefined)[],
  made: ImageDescription | undefined,
): void {
  const taken = tags.flatMap((tag, index) => {
    const found = existing[index];
    if (found === undefined || found.digest === made?.digest || !isConflict(tag, onConflict)) return [];
    const { digest: from, labels } = found;
    return isOfCommit(labels, build.annotations[revisionLabel]) ? [] : [{ image: { ...image, tag }, from, labels }];
  });
  assertNoneTaken(`build ${build.name}`, taken, otherTag);
}

function planTags(
  ctx: Context,
  input: PushInput,
  existing: readonly (ImageDescription | undefined)[],
  made: ImageDescription,
): Plan<Pushed> {
  const changes = tagChanges(input, existing, made.digest);
  const expected = pushed(input, made);
  const missing = input.tags.filter((_, index) => existing[index]?.digest !== made.digest);
  return {
    changes,
    warnings: [],
    expected,
    async apply(signal) {
      await assertNotMoved(ctx, input, existing);
      const image = pin(input.image, made.digest);
      if (missing.length > 0) await ctx.images.tag(image, await ctx.images.manifest(image, signal), missing, signal);
      return expected;
    },
  };
}

function planBuild(ctx: Context, input: PushInput, existing: readonly (ImageDescription | undefined)[]): Plan<Pushed> {
  return {
    changes: tagChanges(input, existing, unknownDigest),
    warnings: everyTime(input),
    expected: pushed(input, { digest: unknownDigest, platforms: [] }),
    async apply(signal) {
      await checkPush(ctx, input.image); // a build may take minutes, and be for nothing
      const published = await publish(ctx, input, await buildContainers(ctx, input));
      const made = await completeImage(ctx, { ...input, ownLogin: !hasPullLogin(input) }, published, signal);
      const manifest = annotateIndex(made, input.build.annotations);
      await assertNotMoved(ctx, input, existing); // as late as possible: a build may take minutes
      await ctx.images.tag(input.image, manifest, input.tags, signal);
      reportPushed(ctx, input.image, manifest);
      const image = pin(input.image, manifest.digest);
      const description = await ctx.images.describe(image);
      if (description === undefined) throw new FairleadError("unavailable", `read ${formatImage(image)}: the registry no longer has it`);
      return pushed(input, description);
    },
  };
}

/** An index names its manifests, and not what they are made of. */
function reportPushed(ctx: Context, image: ImageRef, { bytes }: RawManifest): void {
  const { layers, config } = JSON.parse(Buffer.from(bytes).toString()) as {
    readonly layers?: readonly Sized[] | null;
    readonly config?: Sized;
  };
  if (config === undefined) return;
  const blobs = layers ?? []; // Go writes null for an image without layers, which is what `FROM scratch` alone makes
  const size = [...blobs, config].reduce((sum, each) => sum + each.size, 0);
  const all = { layers: blobs.length, ofLayers: blobs.length, bytes: size, ofBytes: size };
  ctx.report({ type: "transfer", doing: "push", to: formatImageRepository(image), ...all, ended: true });
}

interface Sized {
  readonly size: number;
}

function everyTime({ build: { name, notClean } }: PushInput): readonly string[] {
  return notClean === undefined ? [] : [`build ${name}: ${notClean}, so it is built every time`];
}

/** Builds all platforms. Dagger would report a build that fails within a push as a failed push. */
async function buildContainers(ctx: Context, { image, build, pullLogin }: PushInput): Promise<readonly Container[]> {
  const login = await loginToBuild(ctx, image, pullLogin);
  const building = ctx.dagger(`build ${build.name}`, async (dag) => {
    // Logins belong to the session: this one is set before the Dockerfile's first FROM.
    await setLogin(dag, image.registry, login, "build");
    const lazy = await build.containers(dag);
    await Promise.all(lazy.map((container) => container.sync()));
    return lazy;
  });
  return await building.catch(async (error: unknown) => {
    throw await withExcerpt(error, build.recipe, (use) => ctx.dagger("read the Dockerfile", use));
  });
}

async function loginToBuild(ctx: Context, image: ImageRef, pullLogin: PullLogin | undefined): Promise<Login> {
  if (typeof pullLogin === "object") return pullLogin;
  return pullLogin === "none" ? undefined : await ctx.registry(image.registry).login(image);
}

type Login = Pick<RegistryLogin, "username" | "password"> | undefined;

/**
 * Makes it the session's only login at a registry. Dagger answers a call that it has seen before without doing it, so each is another.
 * It tells secrets of a client apart by their names alone, so the name says what the password is for.
 */
async function setLogin(dag: Client, registry: string, login: Login, work: "build" | "push"): Promise<void> {
  const container = dag.container().withLabel("login", crypto.randomUUID());
  if (login === undefined) return void (await container.withoutRegistryAuth(registry).id());
  const password = dag.setSecret(`password for ${registry} to ${work}`, await login.password.reveal());
  await container.withRegistryAuth(registry, login.username, password).id();
}

/**
 * BuildKit replaces a digest in the reference by the one that it made, and so pushes without a tag. No tag is given
 * before everything is there, nor twice.
 * https://github.com/moby/buildkit/blob/master/util/push/push.go
 */
const anyDigest: Digest = `sha256:${"0".repeat(64)}`;

/** Pushes the image without a tag. */
async function publish(ctx: Context, input: PushInput, containers: readonly Container[]): Promise<PinnedImage> {
  const doing = `push ${formatImage(input.image)}`;
  try {
    const { registry } = input.image;
    const isOther = hasPullLogin(input);
    const login = isOther ? await ctx.registry(registry).login(input.image) : undefined;
    return await ctx.dagger(doing, async (dag) => {
      if (isOther) await setLogin(dag, registry, login, "push");
      return await publishContainers(dag, doing, pin(input.image, anyDigest), containers);
    });
  } catch (error) {
    // The engine returns only a text; the registry itself says why it refuses.
    if (!ctx.signal.aborted) await checkPush(ctx, input.image);
    throw error;
  }
}

/** Throws as a push does. Where a registry makes no repository on the first push, the hint says who does. */
async function checkPush(ctx: Context, image: ImageRef): Promise<void> {
  try {
    await ctx.images.checkPush(image);
  } catch (error) {
    const failure = asFairleadError(error);
    if (failure.code !== "not_found" || ctx.registry(image.registry).repository === undefined) throw failure;
    throw new FairleadError("not_found", failure.message, { hint: "add --create-repository", cause: failure });
  }
}

/** Tells whether the build pulls with another login than that of the push. */
function hasPullLogin({ pullLogin = "that of the push" }: PushInput): boolean {
  return pullLogin !== "that of the push";
}

async function publishContainers(dag: Client, doing: string, target: PinnedImage, containers: readonly Container[]): Promise<PinnedImage> {
  const [only, ...others] = containers;
  const address = formatImage(target);
  const published =
    only !== undefined && others.length === 0
      ? await only.publish(address)
      : await dag.container().publish(address, { platformVariants: [...containers] });
  const { digest } = parseImage(published);
  if (digest === undefined || digest === target.digest) throw new FairleadError("internal", `${doing}: the engine returned no digest`);
  return { ...target, digest };
}

async function assertNotMoved(ctx: Context, input: PushInput, existing: readonly (ImageDescription | undefined)[]): Promise<void> {
  const now = await ctx.all(input.tags.map((tag) => ctx.images.resolve({ ...input.image, tag })));
  const moved = input.tags.find((_, index) => now[index]?.digest !== existing[index]?.digest);
  if (moved !== undefined) throw new Stale(`${formatImage({ ...input.image, tag: moved })} was moved by somebody else`);
}

function tagChanges(input: PushInput, existing: readonly (ImageDescription | undefined)[], to: Digest): readonly Change[] {
  return input.tags.flatMap((tag, index): Change[] => {
    const target = formatImage({ ...input.image, tag });
    const from = existing[index]?.digest;
    if (from === to) return [];
    return [from === undefined ? { target, action: "create", to } : { target, action: "update", from, to }];
  });
}

function pushed(input: PushInput, { digest, platforms }: Pick<ImageDescription, "digest" | "platforms">): Pushed {
  const [tag] = input.tags;
  return {
    image: formatImage({ ...pin(input.image, digest), ...(tag === undefined ? {} : { tag }) }),
    digest,
    platforms,
    tags: input.tags,
  };
}

function pin({ registry, repository }: ImageRef, digest: Digest): PinnedImage {
  return { registry, repository, digest };
}
