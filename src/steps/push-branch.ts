import { type Context, unchanged, type Plan, type Step } from "../core/run/step.ts";
import { changeBranch, changeId, editId, targetId, type DeployChange } from "../core/deploy/deploy-change.ts";
import { unifiedDiff } from "../core/text/diff.ts";
import { findBranchWork, type BranchWork } from "../core/change/branch-work.ts";
import { readChangeHistory, refuseClosedByHand, type PreviousPullRequest } from "../core/change/history.ts";
import type { Checkout } from "../core/git/git.ts";
import { formatImage, type ImageRef } from "../core/image/image.ts";
import { editBelow } from "../core/deploy/manifest/edit-below.ts";
import type { ManifestChange, ManifestEdit } from "../core/deploy/manifest/edit-image.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { requirePullRequests } from "../core/git/provider.ts";

/** The edit that a branch of the Flux repository should hold. */
export interface PushBranchInput {
  readonly repository: Repository;
  /** The branch that Flux applies; undefined: the default branch. */
  readonly base: string | undefined;
  /** The folder in which manifests are searched, without slashes at its ends; empty for all. */
  readonly folder: string;
  /** One object or path of it, as `Kind/namespace/name#path`. */
  readonly only: string | undefined;
  readonly image: ImageRef;
  /** Whether the commit goes to the base itself, without a pull request. */
  readonly direct: boolean;
  /** Whether to ask again for what was closed without being merged. */
  readonly reopen: boolean;
  /** Returns the message of the commit. */
  message(changes: readonly ManifestChange[]): string;
}

/** The branch that holds the edit; `null` where the base holds it already. */
export type PushedBranch = {
  readonly base: string;
  readonly branch: string | null;
  readonly commit: string | null;
  readonly changes: readonly ManifestChange[];
  /** What the marker of its pull request says: see `PullRequestMarker`. */
  readonly marker: { readonly change: string; readonly target: string; readonly edit: string; readonly commit: string | null };
  /** The last pull request that asked for the same, and is no longer open. */
  readonly previous: PreviousPullRequest | null;
};

/**
 * Commits the image to the manifests on a branch of its own, or on the base, and pushes it. The branch's name is the change: the same change
 * finds the same branch. What somebody else has pushed to it is never taken away.
 */
export const pushBranch: Step<PushBranchInput, PushedBranch> = {
  name: "push-branch",
  needs: ["contents:write", "pull-requests:read"],
  key({ repository, base, folder, only, image, direct }) {
    const where = [base && `on ${base}`, folder && `in ${folder}`, only && `only ${only}`, direct && "without a pull request"];
    return [formatRepository(repository), ...where.filter(Boolean), formatImage(image)].join(" ");
  },
  async plan(ctx, input) {
    const checkout = await ctx.git.open(input.repository, input.base);
    const edit = await editBelow(checkout.tree, input.folder, input.image, { only: input.only });
    const change = { base: checkout.branch, folder: input.folder, only: input.only, image: input.image };
    const expected: PushedBranch = {
      base: checkout.branch,
      branch: null,
      commit: checkout.commit.sha,
      changes: edit.changes,
      marker: { change: changeId(change), target: targetId(change), edit: editId(edit), commit: null },
      previous: null,
    };
    if (edit.changes.length === 0) return unchanged(expected, edit.warnings);
    if (input.direct) return pushPlan(ctx, input, onBase(checkout, edit), { ...expected, branch: checkout.branch }, edit);
    return await planBranch(ctx, input, change, checkout, edit, expected);
  },
};

async function planBranch(
  ctx: Context,
  input: PushBranchInput,
  change: DeployChange,
  checkout: Checkout,
  edit: ManifestEdit,
  expected: PushedBranch,
): Promise<Plan<PushedBranch>> {
  const { repository } = input;
  const pullRequests = requirePullRequests(ctx.gitProvider(repository.host), repository);
  const history = await readChangeHistory(pullRequests, repository, change);
  if (!input.reopen) await refuseClosedByHand(pullRequests, repository, change, history);
  const branch = changeBranch(change);
  const work = await findBranchWork(ctx.git, repository, change, { checkout, edit, history });
  return pushPlan(ctx, input, { branch, work }, { ...expected, branch, previous: history.previous ?? null }, edit);
}

interface Push {
  readonly branch: string;
  readonly work: BranchWork;
}

function onBase({ branch, commit }: Checkout, edit: ManifestEdit): Push {
  return { branch, work: { kind: "push", parent: commit.sha, expected: commit.sha, edit, untouched: false } };
}

function pushPlan(ctx: Context, input: PushBranchInput, push: Push, expected: PushedBranch, edit: ManifestEdit): Plan<PushedBranch> {
  const { branch, work } = push;
  const pushed = (commit: string | null): PushedBranch => ({
    ...expected,
    commit,
    marker: { ...expected.marker, commit: work.untouched ? commit : null },
  });
  if (work.kind === "there") return unchanged(pushed(work.commit), [...edit.warnings, ...work.warnings]);
  const target = `branch ${formatRepository(input.repository)} ${branch}`;
  const from = work.expected;
  return {
    changes: [from === undefined ? { target, action: "create" } : { target, action: "update", from }],
    warnings: edit.warnings,
    diff: unifiedDiff(work.edit.before, work.edit.files),
    expected: pushed(null),
    async apply(signal) {
      const { repository } = input;
      const message = input.message(work.edit.changes);
      return pushed(
        await ctx.git.push({ repository, branch, parent: work.parent, files: work.edit.files, message, expected: from }, signal),
      );
    },
  };
}
