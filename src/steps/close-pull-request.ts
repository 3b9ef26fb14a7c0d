import type { ProposedBranch, PullRequest, PullRequests } from "../core/git/provider.ts";
import { isLeftover } from "../core/change/leftover.ts";
import { isUntouched, supersededBody } from "../core/change/marker.ts";
import { FairleadError } from "../core/errors.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { unchanged, type Plan, type Step } from "../core/run/step.ts";
import { type Change } from "../core/run/change.ts";
import { type ComparedChange, meetAll, readBranches, readOpen } from "./meet-open.ts";

/** The change that replaces older ones. */
export interface ClosePullRequestInput extends ComparedChange {
  /** Its id, and the ids of what it sets: see `changeId` and `targetIds`. */
  readonly change: string;
  readonly targets: readonly string[];
  /** The number of its pull request: `null` if it has none, and in a dry run, when it is not open yet. */
  readonly number: number | null;
  /** The highest number of an older pull request (default: that of its own). */
  readonly newest?: number | null;
  /** The commit of the base that has the change; `null` if it is not there yet. */
  readonly commit: string | null;
  /** The reason why its pull request replaces the others, for the comment: "which deploys another image to the same place". */
  readonly because: string;
}

/** The numbers of those that were closed, and of those that stay open and may set back what the change sets. */
export type ClosedPullRequests = { readonly closed: readonly number[]; readonly left: readonly number[] };

/**
 * Closes the older open pull requests that set nothing but what a newer change sets, and deletes their branches, but none on which somebody
 * else has committed. Of two runs at once, each closes only what is older than its own pull request. If the base has the change, all are older:
 * none may be merged after it. One that sets other things too, or that somebody else has opened, stays, with a warning. Branches of stopped runs go
 * too: see `isLeftover`.
 */
export const closePullRequest: Step<ClosePullRequestInput, ClosedPullRequests> = {
  name: "close-pull-request",
  needs: ["pull-requests:write", "contents:write"],
  key: ({ repository, base, head }) => `${formatRepository(repository)} older than ${head ?? base}`,
  async plan(ctx, input) {
    const { repository } = input;
    const found = await readOpen(ctx, input);
    if ("warnings" in found) return unchanged({ closed: [], left: [] }, found.warnings);
    const { pulls, open } = found;
    const newer = { ...input, head: input.head ?? undefined, newest: await newestOf(pulls, open, input) };
    const ours = await readBranches(ctx, repository);
    const met = await meetAll(ctx, found, input, newer, ours.branches);
    const expected = { closed: met.replaced.map(({ number }) => number), left: met.left };
    const leftovers = ours.branches.filter((each) => isLeftover(each, newer, ctx.began));
    const warnings = [...met.warnings, ...ours.warnings];
    const changes = [
      ...met.replaced.flatMap((pull) => changesOf(repository, pull)),
      ...leftovers.map((each) => deletion(repository, each)),
    ];
    if (changes.length === 0) return unchanged(expected, warnings);
    return {
      changes,
      warnings,
      expected,
      async apply() {
        for (const branch of leftovers) await ctx.gitProvider(repository.host).branches?.delete(repository, branch);
        for (const pull of met.replaced) await pulls.close(repository, pull, closing(pull, input));
        if (input.head === null) await assertNotMerged(pulls, repository, expected.closed);
        return expected;
      },
    } satisfies Plan<ClosedPullRequests>;
  },
};

/** Once somebody has closed our own pull request, another is the newer one: only what is older than ours is closed then. */
async function newestOf(pulls: PullRequests, open: readonly PullRequest[], input: ClosePullRequestInput): Promise<number> {
  const { repository, number, newest } = input;
  if (number === null) return Infinity;
  const isOpen = open.some((pull) => pull.number === number);
  const stands = isOpen || (await pulls.read(repository, number)).state === "merged";
  return stands ? (newest ?? number) : number;
}

function changesOf(repository: Repository, pull: PullRequest): readonly Change[] {
  const name = formatRepository(repository);
  return [
    { target: `pull request ${name}#${pull.number}`, action: "update", from: "open", to: "closed" },
    ...(isUntouched(pull) ? [deletion(repository, { name: pull.head, commit: pull.commit })] : []),
  ];
}

function deletion(repository: Repository, { name, commit }: Pick<ProposedBranch, "name" | "commit">): Change {
  return { target: `branch ${formatRepository(repository)} ${name}`, action: "delete", from: commit };
}

/** The body says so too, so that a later run does not take it for closed by hand. */
function closing(pull: PullRequest, input: ClosePullRequestInput): { body: string; comment: string; deleteBranch: boolean } {
  const { base, head, number, commit, because } = input;
  const by = head === null ? "base" : (number ?? 0);
  const why = by === "base" ? `Superseded: \`${base}\` has what was asked for last, as of ${commit}.` : `Superseded by #${by}, ${because}.`;
  const left = isUntouched(pull) ? "" : ` The branch \`${pull.head}\` stays, since it has commits that are not fairlead's.`;
  return { body: supersededBody(pull.body, by), comment: `${why}${left}`, deleteBranch: isUntouched(pull) };
}

/** One that was merged between our look at it and its end has set back what the base had. */
async function assertNotMerged(pulls: PullRequests, repository: Repository, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    if ((await pulls.read(repository, number)).state !== "merged") continue;
    throw new FairleadError("conflict", `close pull request ${formatRepository(repository)}#${number}: it was merged meanwhile`, {
      hint: "run it again, to set what was merged back",
    });
  }
}
