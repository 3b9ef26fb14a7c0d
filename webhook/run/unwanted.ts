import { ownerOf } from "../../src/core/change/mark.ts";
import { isOurs, isUntouched } from "../../src/core/change/marker.ts";
import { asFairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { CommitsQuery, PushedCommit } from "../../src/core/git/git.ts";
import type { Repository } from "../../src/core/git/repository.ts";
import type { Context } from "../../src/core/run/step.ts";
import { isNewBranchOfOurs, whyUnwantedCommits, type PushFilter } from "../routing/push-filter.ts";

/** Tells whether a run reads of Git what its push holds, whatever the payload said. */
export function readsPush({ kind }: Event, { paths, loops }: PushFilter): boolean {
  return kind === "push" && (paths !== undefined || loops);
}

/**
 * Returns why a run is unwanted by what its push holds, read from the repository: all of it since the head before. Of a new branch nothing is known but
 * whose its head is: fairlead makes its own branches, with one commit.
 */
export async function whyUnwantedPush(ctx: Context, repository: Repository, event: Event, filter: PushFilter): Promise<string | undefined> {
  if (event.kind !== "push" || (event.before === null && !isNewBranchOfOurs(event))) return undefined;
  const { before: from, commit: to } = event;
  const ours = filter.loops && (await areAllOurs(ctx, repository, { from, to }));
  const paths = filter.paths === undefined || from === null ? undefined : await ctx.git.pathsBetween(repository, { from, to });
  return whyUnwantedCommits(filter, ours, paths);
}

/** Tells whether a branch has moved on by commits of fairlead's own alone, such as those of the run that asks: then nothing newer is to be done. */
export async function isMovedByUs(ctx: Context, repository: Repository, from: string, to: string): Promise<boolean> {
  return await areAllOurs(ctx, repository, { from, to });
}

/** A pull request is asked only of what no other commit has decided yet. */
async function areAllOurs(ctx: Context, repository: Repository, range: CommitsQuery): Promise<boolean> {
  const commits = ((await ctx.git.commitsBetween(repository, range)) ?? []).map((commit) => ({ commit, owner: ownerOf(commit.message) }));
  if (commits.some(({ owner }) => owner === "other") || commits.every(({ owner }) => owner === "merge")) return false;
  for (const { commit, owner } of commits)
    if (typeof owner === "object" && !(await isMergeOfOurs(ctx, repository, commit, owner.pull))) return false;
  return true;
}

/** Tells whether a commit has merged a pull request of ours that nobody else has pushed to. One that may not be read is nobody's. */
async function isMergeOfOurs(ctx: Context, repository: Repository, { sha }: PushedCommit, number: number): Promise<boolean> {
  try {
    const pull = await ctx.gitProvider(repository.host).pullRequests?.read(repository, number);
    return pull?.mergeCommit === sha && isOurs(pull) && isUntouched(pull);
  } catch (error) {
    if (["unsupported", "unauthenticated", "forbidden", "not_found", "input"].includes(asFairleadError(error).code)) return false;
    throw error;
  }
}
