import { type PullRequest, requirePullRequests } from "../core/git/provider.ts";
import { isOurs, isUntouched, readMarker, supersededBody } from "../core/change/marker.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { unchanged, type Step } from "../core/run/step.ts";
import { type Change } from "../core/run/change.ts";

/** The pull request that replaces the older ones of its target. */
export interface ClosePullRequestInput {
  readonly repository: Repository;
  readonly base: string;
  /** See `targetId`. */
  readonly target: string;
  /** The branch of the one that stays. */
  readonly head: string;
  /** The one that stays: null in a dry run, when it is not open yet. */
  readonly number: number | null;
}

/** The numbers of those that were closed. */
export type ClosedPullRequests = { readonly closed: readonly number[] };

/**
 * Closes the older open pull requests of a target in favour of a newer one, and deletes their branches, but none on which somebody else has
 * committed. Of two runs at once, each closes only what is older than its own.
 */
export const closePullRequest: Step<ClosePullRequestInput, ClosedPullRequests> = {
  name: "close-pull-request",
  needs: ["pull-requests:write", "contents:write"],
  key: ({ repository, head }) => `${formatRepository(repository)} older than ${head}`,
  async plan(ctx, { repository, base, target, head, number }) {
    const pulls = requirePullRequests(ctx.gitProvider(repository.host), repository);
    const open = await pulls.list({ repository, base, state: "open" });
    const older = open.filter(
      (pull) => isOurs(pull) && pull.head !== head && readMarker(pull.body)?.target === target && (number === null || pull.number < number),
    );
    const expected = { closed: older.map((pull) => pull.number) };
    if (older.length === 0) return unchanged(expected);
    return {
      changes: older.flatMap((pull) => changesOf(repository, pull)),
      warnings: [],
      expected,
      async apply() {
        for (const pull of older) await pulls.close(repository, pull, closing(pull, number ?? 0));
        return expected;
      },
    };
  },
};

function changesOf(repository: Repository, pull: PullRequest): readonly Change[] {
  const name = formatRepository(repository);
  return [
    { target: `pull request ${name}#${pull.number}`, action: "update", from: "open", to: "closed" },
    ...(isUntouched(pull) ? [{ target: `branch ${name} ${pull.head}`, action: "delete", from: pull.commit } as const] : []),
  ];
}

/** The body says so too, so that a later run does not take it for closed by hand. */
function closing(pull: PullRequest, by: number): { body: string; comment: string; deleteBranch: boolean } {
  const left = isUntouched(pull) ? "" : ` The branch \`${pull.head}\` stays, since it has commits that are not fairlead's.`;
  return {
    body: supersededBody(pull.body, by),
    comment: `Superseded by #${by}, which deploys another image to the same place.${left}`,
    deleteBranch: isUntouched(pull),
  };
}
