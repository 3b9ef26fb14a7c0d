import type { Context } from "../../src/core/run/step.ts";
import { asFairleadError, FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { ImageEvent } from "../../src/core/event/registry.ts";
import { formatImage, parseImage, type ImageRef } from "../../src/core/image/image.ts";
import { imagesOf, repositoriesOf } from "../../src/core/run/parsed-input.ts";
import { formatRepository, type Repository } from "../../src/core/git/repository.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import { isOfFork } from "../routing/match.ts";
import type { PushFilter } from "../routing/push-filter.ts";
import { isMerged, mergedLater, type Outdated } from "./merged.ts";
import { isMovedByUs, readsPush, whyUnwantedPush } from "./unwanted.ts";
import { canReadAgain } from "../config/evidence.ts";

/** The event that started a run, and the reasons to verify it before the run does anything. */
export interface Trigger {
  readonly event: Event;
  /** Only the newest run of the lane counts. */
  readonly newest: boolean;
  /** Nobody has proven who sent the event. */
  readonly readAgain: boolean;
  /** What the route wants of a push. */
  readonly filter: PushFilter;
  /** Tells whether the route takes another event of the same source. */
  readonly takes: (event: Event) => boolean;
  /** Returns the repository that an event names as `host/path`, by the way in that the run has. */
  readonly repositoryAt: (name: string) => Repository;
}

type Looking = Pick<Trigger, "event" | "newest" | "readAgain" | "filter">;

/**
 * Tells whether a run looks at Git or a registry before it does anything. What may be a fork's is told as it was said: such a run is given no credential
 * to look with.
 */
export function looks(pipeline: Pick<Pipeline, "runs">, trigger: Looking): boolean {
  const { event, newest, readAgain, filter } = trigger;
  if (isOfFork(event) && pipeline.runs === "nothing") return false;
  return newest || readAgain || readsPush(event, filter) || isInOrder(pipeline, trigger);
}

/**
 * Tells whether every event of a lane is done, but none after a newer one: of a tag, in Git or of an image, that may be moved, and of merges. A message changes nothing that
 * has an order.
 */
function isInOrder({ runs }: Pick<Pipeline, "runs">, { event, newest, readAgain }: Looking): boolean {
  if (newest || readAgain || runs === "nothing") return false;
  if (isMerged(event)) return true;
  return event.kind === "tag" ? event.commit !== null : event.kind === "image" && event.tag !== null && event.digest !== null;
}

/**
 * Returns that a run is out of date: its branch or tag has moved on, whatever order the deliveries came in, and whatever the pipeline; or that its push
 * holds nothing for its route. Undefined: go on. A payload is a hint: the branch or tag of the event itself is read again, with our own credentials.
 */
export async function lookAgain(
  ctx: Context,
  pipeline: Pipeline,
  input: Readonly<Record<string, unknown>>,
  trigger: Trigger,
): Promise<Outdated | undefined> {
  const { event, newest, readAgain, filter, repositoryAt } = trigger;
  if (!looks(pipeline, trigger)) return undefined;
  const inOrder = isInOrder(pipeline, trigger);
  const ref = refOf(event);
  const given = repositoriesOf(pipeline.input, input).find(
    ([, each]) => "repository" in event && formatRepository(each) === event.repository,
  )?.[1];
  const isGiven = given !== undefined || imagesOf(pipeline.input, input).some((each) => event.kind === "image" && isImage(each, event));
  if (readAgain && event.kind !== "image" && (given === undefined || !canReadAgain(event.kind)))
    return { reason: "only an address proves its event, which cannot be read again", now: undefined };
  try {
    if (event.kind === "image") return inOrderOnly(inOrder, await imageMoved(ctx, event));
    if (isMerged(event) && pipeline.runs !== "nothing")
      return await mergedLater(ctx, given ?? repositoryAt(event.repository), event, trigger.takes);
    if (ref === undefined) return undefined;
    const repository = given ?? repositoryAt(ref.repository);
    const moved = newest || readAgain || inOrder ? await refMoved(ctx, repository, ref, filter) : undefined;
    return inOrderOnly(inOrder, moved) ?? (await unwanted(ctx, repository, event, filter));
  } catch (error) {
    const failure = asFairleadError(error);
    if ((isGiven && !isMerged(event)) || readAgain || failure.code === "canceled") throw failure;
    return unreadable(ctx, pipeline, failure, inOrder || isMerged(event));
  }
}

/** What is gone has no newer one: of a lane that does every event, it is done. */
function inOrderOnly(inOrder: boolean, outdated: Outdated | undefined): Outdated | undefined {
  return inOrder && outdated?.now === undefined ? undefined : outdated;
}

async function unwanted(ctx: Context, repository: Repository, event: Event, filter: PushFilter): Promise<Outdated | undefined> {
  if (!readsPush(event, filter)) return undefined;
  const reason = await whyUnwantedPush(ctx, repository, event, filter);
  return reason === undefined ? undefined : { reason, now: undefined, isUnneeded: true };
}

function isImage({ registry, repository }: ImageRef, { image }: ImageEvent): boolean {
  return formatImage({ registry, repository }) === image;
}

/** Of what cannot be read, a message may be sent: it changes nothing that a newer one could not correct. And a lane that does every event does this. */
function unreadable(ctx: Context, pipeline: Pipeline, { code, message, hint }: FairleadError, inOrder: boolean): undefined {
  if (pipeline.runs !== "nothing" && !inOrder)
    throw new FairleadError(code, `see whether the event is out of date: ${message}`, {
      hint: [hint, "name a credential that may read it, or give the route the policy every"]
        .filter((each) => each !== undefined)
        .join("; "),
    });
  ctx.report({ type: "warning", message: `the event may be out of date: ${message}` });
}

/** A branch or a tag of which an event says where it is. `moved` returns the event with another commit. */
interface EventRef {
  readonly repository: string;
  readonly name: string;
  readonly full: string;
  readonly commit: string | null;
  readonly moved: (commit: string) => Event;
}

/** Returns the branch or tag whose position is what an event says. A pull request that has ended stays as it is. */
function refOf(event: Event): EventRef | undefined {
  if (event.kind !== "push" && event.kind !== "tag" && event.kind !== "pull-request") return undefined;
  if (event.kind === "pull-request" && (event.fork || event.action === "merged" || event.action === "closed")) return undefined;
  const { repository, commit } = event;
  const moved = (to: string): Event => ({ ...event, commit: to });
  if (event.kind === "tag") return { repository, name: event.tag, full: `refs/tags/${event.tag}`, commit, moved };
  return { repository, name: event.branch, full: `refs/heads/${event.branch}`, commit, moved };
}

async function refMoved(ctx: Context, repository: Repository, ref: EventRef, { loops }: PushFilter): Promise<Outdated | undefined> {
  const now = await shaOf(ctx, repository, ref.full);
  if (now === undefined) return await gone(ctx, repository, ref);
  // a source may name the object of an annotated tag in place of its commit
  const same = ref.commit === null || now === ref.commit || now === (await shaOf(ctx, repository, ref.commit));
  if (same || (loops && ref.commit !== null && (await isMovedByUs(ctx, repository, ref.commit, now)))) return undefined;
  return { reason: `${ref.name} is at ${now.slice(0, 12)} by now`, now: ref.moved(now) };
}

/** A repository that is not there, or not shown, has no branch either: that is no answer. Throws what reading it throws. */
async function gone(ctx: Context, repository: Repository, { name }: EventRef): Promise<Outdated> {
  await ctx.git.resolve(repository, undefined);
  return { reason: `${name} is gone`, now: undefined };
}

async function shaOf(ctx: Context, repository: Repository, ref: string): Promise<string | undefined> {
  return await ctx.git.resolve(repository, ref).then(
    ({ sha }) => sha,
    (error: unknown) => {
      if (error instanceof FairleadError && error.code === "not_found") return undefined;
      throw error;
    },
  );
}

async function imageMoved(ctx: Context, event: ImageEvent): Promise<Outdated | undefined> {
  const { image, tag, digest } = event;
  const named = parseImage(tag === null ? `${image}@${digest}` : `${image}:${tag}`);
  const now = await ctx.images.resolve(named);
  if (now === undefined) return { reason: `${formatImage(named)} is not in its registry`, now: undefined };
  if (digest === null || now.digest === digest) return undefined;
  return { reason: `${formatImage(named)} is ${now.digest} by now`, now: { ...event, digest: now.digest } };
}
