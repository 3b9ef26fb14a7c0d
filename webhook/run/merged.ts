import { asFairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { PullRequestEvent } from "../../src/core/event/git.ts";
import type { PullRequest, PullRequests } from "../../src/core/git/provider.ts";
import type { Repository } from "../../src/core/git/repository.ts";
import type { Context } from "../../src/core/run/step.ts";

/** Why a run does nothing. */
export interface Outdated {
  readonly reason: string;
  /** The event as of now, which a run is made for; undefined: none is. */
  readonly now: Event | undefined;
  /** True where its commit needs nothing of the route, so that it passes; else what the route would do of it is not done. */
  readonly isUnneeded?: boolean;
}

/** Tells whether an event is the merge of a pull request. */
export function isMerged(event: Event): event is PullRequestEvent {
  return event.kind === "pull-request" && event.action === "merged";
}

/**
 * Returns that a pull request which the route takes was merged into the same branch after the one of this event: what has come of the older one is in the
 * newer. A branch that has moved on otherwise tells nothing, as no such event comes of it. Undefined where the provider cannot be asked.
 */
export async function mergedLater(
  ctx: Context,
  repository: Repository,
  event: PullRequestEvent,
  takes: (event: Event) => boolean,
): Promise<Outdated | undefined> {
  const pulls = pullRequestsOf(ctx, repository);
  const { closedAt } = (await pulls?.read(repository, event.number)) ?? {};
  if (pulls === undefined || closedAt === undefined) return undefined;
  const closed = await pulls.list({ repository, base: event.base, state: "closed", changedSince: closedAt });
  const later = closed
    .filter(({ state, closedAt: at }) => state === "merged" && at !== undefined && at > closedAt)
    .toSorted((a, b) => b.closedAt!.localeCompare(a.closedAt!))
    .map((pull) => mergeOf(pull, event))
    .find(takes);
  return later && { reason: `#${later.number} is merged into ${event.base} by now`, now: later };
}

function mergeOf({ number, head, commit, fork, mergeCommit }: PullRequest, event: PullRequestEvent): PullRequestEvent {
  return { ...event, number, branch: head, commit, fork, mergeCommit: mergeCommit ?? null };
}

/** Not every host has a provider that can be asked. */
function pullRequestsOf(ctx: Context, { host }: Repository): PullRequests | undefined {
  try {
    return ctx.gitProvider(host).pullRequests;
  } catch (error) {
    if (asFairleadError(error).code === "unsupported") return undefined;
    throw error;
  }
}
