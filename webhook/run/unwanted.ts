import { areOurs } from "../../src/core/change/mark.ts";
import type { Event } from "../../src/core/event.ts";
import type { Repository } from "../../src/core/git/repository.ts";
import type { Context } from "../../src/core/run/step.ts";
import { whyUnwantedCommits, type PushFilter } from "../routing/push-filter.ts";

/** Tells whether a run reads of Git what its push holds, whatever the payload said. */
export function readsPush({ kind }: Event, { paths, loops }: PushFilter): boolean {
  return kind === "push" && (paths !== undefined || loops);
}

/** Returns why a run is unwanted by what its push holds, read from the repository: all of it since the head before. Of a new branch nothing is known. */
export async function whyUnwantedPush(ctx: Context, repository: Repository, event: Event, filter: PushFilter): Promise<string | undefined> {
  if (event.kind !== "push" || event.before === null) return undefined;
  const range = { from: event.before, to: event.commit };
  const commits = filter.loops ? await ctx.git.commitsBetween(repository, range) : undefined;
  const paths = filter.paths === undefined ? undefined : await ctx.git.pathsBetween(repository, range);
  return whyUnwantedCommits(filter, commits?.map(({ message }) => message), paths); // prettier-ignore
}

/** Tells whether a branch has moved on by commits of fairlead's own alone, such as those of the run that asks: then nothing newer is to be done. */
export async function isMovedByUs(ctx: Context, repository: Repository, from: string, to: string): Promise<boolean> {
  const commits = await ctx.git.commitsBetween(repository, { from, to });
  return commits !== undefined && areOurs(commits.map(({ message }) => message));
}
