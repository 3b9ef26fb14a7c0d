import type { Context } from "../../src/core/run/step.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { ImageEvent } from "../../src/core/event/registry.ts";
import { formatImage, parseImage } from "../../src/core/image/image.ts";
import { repositoriesOf } from "../../src/core/run/parsed-input.ts";
import { formatRepository, type Repository } from "../../src/core/git/repository.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";

/** The event that started a run, and the reasons to verify it before the run does anything. */
export interface Trigger {
  readonly event: Event;
  /** Only the newest run of the lane counts. */
  readonly newest: boolean;
  /** Nobody has proven who sent the event. */
  readonly readAgain: boolean;
}

/**
 * Returns why a run is out of date: its branch or tag has moved on, whatever order the deliveries came in. Undefined: go on. A payload is a hint: the
 * branch or tag is read again, with our own credentials.
 */
export async function whyNotCurrent(
  ctx: Context,
  pipeline: Pipeline,
  input: Readonly<Record<string, unknown>>,
  { event, newest, readAgain }: Trigger,
): Promise<string | undefined> {
  if (!newest && !readAgain) return undefined;
  if (event.kind === "image") return await imageMoved(ctx, event);
  const unread = readAgain ? "only an address proves its event, which cannot be read again" : undefined;
  if (event.kind !== "push" && event.kind !== "tag") return unread;
  const repository = repositoriesOf(pipeline.input, input).find(([, each]) => formatRepository(each) === event.repository)?.[1];
  if (repository === undefined) return unread;
  return event.kind === "push"
    ? await refMoved(ctx, repository, `refs/heads/${event.branch}`, event.commit)
    : await refMoved(ctx, repository, `refs/tags/${event.tag}`, event.commit);
}

async function refMoved(ctx: Context, repository: Repository, ref: string, commit: string | null): Promise<string | undefined> {
  const name = ref.replace(/^refs\/(heads|tags)\//, "");
  const now = await shaOf(ctx, repository, ref);
  if (now === undefined) return `${name} is gone`;
  // a source may name the object of an annotated tag in place of its commit
  const same = commit === null || now === commit || now === (await shaOf(ctx, repository, commit));
  return same ? undefined : `${name} is at ${now.slice(0, 12)} by now`;
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

async function imageMoved(ctx: Context, { image, tag, digest }: ImageEvent): Promise<string | undefined> {
  const named = parseImage(tag === null ? `${image}@${digest}` : `${image}:${tag}`);
  const now = await ctx.images.resolve(named);
  if (now === undefined) return `${formatImage(named)} is not in its registry`;
  return digest === null || now.digest === digest ? undefined : `${formatImage(named)} is ${now.digest} by now`;
}
