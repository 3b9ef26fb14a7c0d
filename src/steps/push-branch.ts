import { findBranchPlan, type BranchPlan } from "../core/change/branch-plan.ts";
import type { ChangedReference, Edit, ProposedChange } from "../core/change/change.ts";
import { readChangeHistory, assertNotClosedByHand, type PreviousPullRequest } from "../core/change/history.ts";
import { changeBranch, changeId, editId, targetIds } from "../core/change/identity.ts";
import { withTargets } from "../core/change/trailers.ts";
import type { Checkout } from "../core/git/git.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { requirePullRequests } from "../core/git/provider.ts";
import { type Context, unchanged, type Plan, type Step } from "../core/run/step.ts";
import { unifiedDiff } from "../core/text/diff.ts";

/** The change that a branch should hold. */
export interface PushBranchInput {
  readonly repository: Repository;
  /** The branch to which the change is proposed; undefined: the default branch. */
  readonly base: string | undefined;
  readonly change: ProposedChange;
  /** True to commit to the base itself, without a pull request. */
  readonly direct: boolean;
  /** True to ask again for a change whose pull request was closed without being merged. */
  readonly reopen: boolean;
  /** Returns the message of the commit that makes these changes. */
  message(summary: readonly ChangedReference[]): string;
}

/** The branch that holds the change; `null` where the base holds it already. */
export type PushedBranch = {
  readonly base: string;
  readonly branch: string | null;
  readonly commit: string | null;
  readonly changes: readonly ChangedReference[];
  /** The files of the base that hold what the change sets, changed or up to date. */
  readonly holding: readonly string[];
  /** The values of its pull request's marker: see `PullRequestMarker`. */
  readonly marker: { readonly change: string; readonly targets: readonly string[]; readonly edit: string; readonly commit: string | null };
  /** The last pull request that asked for the same, and is no longer open. */
  readonly previous: PreviousPullRequest | null;
};

/**
 * Commits a change on a branch of its own, or on the base, and pushes it. The branch's name is the change: the same change finds the same
 * branch. What somebody else has pushed to it is never taken away.
 */
export const pushBranch: Step<PushBranchInput, PushedBranch> = {
  name: "push-branch",
  needs: ["contents:write", "pull-requests:read"],
  key({ repository, base, change, direct }) {
    return [formatRepository(repository), base && `on ${base}`, direct && "without a pull request", change.key].filter(Boolean).join(" ");
  },
  async plan(ctx, input) {
    const { change } = input;
    const checkout = await ctx.git.open(input.repository, input.base);
    const base = checkout.branch;
    const edit = await change.edit(checkout.tree, ctx.breathe);
    const expected: PushedBranch = {
      base,
      branch: null,
      commit: checkout.commit.sha,
      changes: edit.summary,
      holding: edit.holding,
      marker: { change: changeId(base, change), targets: targetIds(base, change), edit: editId(edit), commit: null },
      previous: null,
    };
    if (edit.files.size === 0) return unchanged(expected, edit.warnings);
    if (input.direct) return pushPlan(ctx, input, onBase(checkout, edit), { ...expected, branch: base }, edit);
    return await planBranch(ctx, input, checkout, edit, expected);
  },
};

async function planBranch(
  ctx: Context,
  input: PushBranchInput,
  checkout: Checkout,
  edit: Edit,
  expected: PushedBranch,
): Promise<Plan<PushedBranch>> {
  const { repository, change } = input;
  const on = { repository, base: checkout.branch };
  const pullRequests = requirePullRequests(ctx.gitProvider(repository.host), repository);
  const history = await readChangeHistory(pullRequests, on, change);
  if (!input.reopen) await assertNotClosedByHand(pullRequests, on, change, history);
  const branch = changeBranch(on.base, change);
  const plan = await findBranchPlan(ctx.git, repository, change, { checkout, edit, history, breathe: ctx.breathe });
  return pushPlan(ctx, input, { branch, plan }, { ...expected, branch, previous: history.previous ?? null }, edit);
}

interface Push {
  readonly branch: string;
  readonly plan: BranchPlan;
}

function onBase({ branch, commit }: Checkout, edit: Edit): Push {
  return { branch, plan: { kind: "push", parent: commit.sha, expected: commit.sha, edit, untouched: false } };
}

async function pushPlan(ctx: Context, input: PushBranchInput, push: Push, expected: PushedBranch, edit: Edit): Promise<Plan<PushedBranch>> {
  const { branch, plan } = push;
  const pushed = (commit: string | null): PushedBranch => ({
    ...expected,
    commit,
    marker: { ...expected.marker, commit: plan.untouched ? commit : null },
  });
  if (plan.kind === "upToDate") return unchanged(pushed(plan.commit), [...edit.warnings, ...plan.warnings]);
  const { before, files, splices, summary } = plan.edit;
  await input.change.prove(before, files, ctx.breathe);
  if (ctx.dryRun) await ctx.git.checkPush(input.repository, plan.parent); // else the push itself finds it
  const target = `branch ${formatRepository(input.repository)} ${branch}`;
  const from = plan.expected;
  return {
    changes: [from === undefined ? { target, action: "create" } : { target, action: "update", from }],
    warnings: edit.warnings,
    diff: unifiedDiff(before, files, splices),
    expected: pushed(null),
    async apply(signal) {
      const { repository } = input;
      const message = input.direct ? input.message(summary) : withTargets(input.message(summary), expected.marker.targets);
      return pushed(await ctx.git.push({ repository, branch, parent: plan.parent, files, message, expected: from }, signal));
    },
  };
}
