import { type PullRequest, requirePullRequests } from "../core/git/provider.ts";
import { isOurs, isUntouched, readMarker, supersededBody } from "../core/change/marker.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { unchanged, type Step } from "../core/run/step.ts";
import { type Change } from "../core/run/change.ts";

/** The pull request that replaces older ones. */
export interface ClosePullRequestInput {
  readonly repository: Repository;
  readonly base: string;
  /** The ids of what it sets: see `targetIds`. */
  readonly targets: readonly string[];
  /** The branch of the one that stays. */
  readonly head: string;
  /** The one that stays: null in a dry run, when it is not open yet. */
  readonly number: number | null;
  /** The reason why it replaces the others, for the comment: "which deploys another image to the same place". */
  readonly because: string;
}

/** The numbers of those that were closed. */
export type ClosedPullRequests = { readonly closed: readonly number[] };

/**
 * Closes the older open pull requests that set nothing but what a newer one sets, and deletes their branches, but none on which somebody else
 * has committed. Of two runs at once, each closes only what is older than its own. One that sets other things too stays, with a warning.
 */
export const closePullRequest: Step<ClosePullRequestInput, ClosedPullRequests> = {
  name: "close-pull-request",
  needs: ["pull-requests:write", "contents:write"],
  key: ({ repository, head }) => `${formatRepository(repository)} older than ${head}`,
  async plan(ctx, input) {
    const { repository, base, head } = input;
    const pulls = requirePullRequests(ctx.gitProvider(repository.host), repository);
    const open = await pulls.list({ repository, base, state: "open" });
    const others = open.filter((pull) => isOurs(pull) && pull.head !== head);
    const older = others.filter((pull) => isReplaced(pull, input));
    const warnings = others.filter((pull) => overlaps(pull, input)).map((pull) => overlapWarning(repository, pull));
    const expected = { closed: older.map((pull) => pull.number) };
    if (older.length === 0) return unchanged(expected, warnings);
    return {
      changes: older.flatMap((pull) => changesOf(repository, pull)),
      warnings,
      expected,
      async apply() {
        for (const pull of older) await pulls.close(repository, pull, closing(pull, input));
        return expected;
      },
    };
  },
};

/** Tells whether a pull request is older and sets nothing but what the one that stays sets. */
function isReplaced(pull: PullRequest, { targets, number }: ClosePullRequestInput): boolean {
  return (number === null || pull.number < number) && isSubset(targetsOf(pull), targets);
}

/** Tells whether a pull request sets something of the one that stays, and neither replaces the other. */
function overlaps(pull: PullRequest, input: ClosePullRequestInput): boolean {
  const replacesOurs = input.number !== null && pull.number > input.number && isSubset(input.targets, targetsOf(pull));
  return !isReplaced(pull, input) && !replacesOurs && targetsOf(pull).some((target) => input.targets.includes(target));
}

function targetsOf({ body }: PullRequest): readonly string[] {
  return readMarker(body)?.targets ?? [];
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((each) => all.includes(each));
}

function overlapWarning(repository: Repository, { number }: PullRequest): string {
  return `pull request ${formatRepository(repository)}#${number} stays open: it sets some of the same places, and others too. If it is merged later, it may set them back: close it, or ask again for all that it sets`;
}

function changesOf(repository: Repository, pull: PullRequest): readonly Change[] {
  const name = formatRepository(repository);
  return [
    { target: `pull request ${name}#${pull.number}`, action: "update", from: "open", to: "closed" },
    ...(isUntouched(pull) ? [{ target: `branch ${name} ${pull.head}`, action: "delete", from: pull.commit } as const] : []),
  ];
}

/** The body says so too, so that a later run does not take it for closed by hand. */
function closing(pull: PullRequest, { number, because }: ClosePullRequestInput): { body: string; comment: string; deleteBranch: boolean } {
  const by = number ?? 0;
  const left = isUntouched(pull) ? "" : ` The branch \`${pull.head}\` stays, since it has commits that are not fairlead's.`;
  return { body: supersededBody(pull.body, by), comment: `Superseded by #${by}, ${because}.${left}`, deleteBranch: isUntouched(pull) };
}
