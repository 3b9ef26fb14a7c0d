import type { Breathe } from "../breathe.ts";
import { FairleadError } from "../errors.ts";
import type { Checkout, RemoteGit } from "../git/git.ts";
import { formatRepository, type Repository } from "../git/repository.ts";
import type { Tree } from "../git/tree.ts";
import type { Edit, Files, ProposedChange } from "./change.ts";
import type { ChangeHistory } from "./history.ts";
import { changeBranch, editId } from "./identity.ts";
import { isUntouched, readMarker } from "./marker.ts";

/** The action after which the change's branch holds the edit. `untouched`: the branch has no commit of anybody else. */
export type BranchPlan =
  | { readonly kind: "upToDate"; readonly commit: string; readonly untouched: boolean; readonly warnings: readonly string[] }
  | {
      readonly kind: "push";
      readonly parent: string;
      readonly edit: Edit;
      /** The SHA of the branch's current commit; undefined: the branch does not exist. */
      readonly expected: string | undefined;
      readonly untouched: boolean;
    };

/** The facts known before the branch is read: the base, the edit on top of it, and the change's earlier pull requests. */
export interface BranchQuestion {
  readonly checkout: Checkout;
  readonly edit: Edit;
  readonly history: ChangeHistory;
  readonly breathe: Breathe;
}

/**
 * Returns what has to be done. A branch is made anew, on the base of today, only where that takes nobody's work away: it does not exist, it is
 * that of a pull request that is closed, or its head is the commit that fairlead pushed and the edit is no longer the same. As long as the
 * edit is the same, a base that has moved changes nothing: a push would dismiss reviews. Onto commits of somebody else goes another commit.
 * Throws `conflict` for a branch that is neither the change nor under review.
 */
export async function findBranchPlan(
  git: RemoteGit,
  repository: Repository,
  change: ProposedChange,
  question: BranchQuestion,
): Promise<BranchPlan> {
  const { checkout, edit, history } = question;
  const { open, closed } = history;
  const anew = (expected: string | undefined): BranchPlan => ({
    kind: "push",
    parent: checkout.commit.sha,
    edit,
    expected,
    untouched: true,
  });
  if (open !== undefined && isUntouched(open)) {
    const { commit } = open;
    return readMarker(open.body)?.edit === editId(edit) ? { kind: "upToDate", commit, untouched: true, warnings: [] } : anew(commit);
  }
  const isKnown = change.identity !== undefined;
  const existing = isKnown ? await git.openIfThere(repository, changeBranch(checkout.branch, change)) : undefined;
  if (existing === undefined) return anew(undefined);
  // All that was on it is in the closed pull request for good.
  if (open === undefined && closed.some(({ commit }) => commit === existing.commit.sha)) return anew(existing.commit.sha);
  return await planOnto(existing, repository, change, question);
}

/** Returns the plan for a branch that may have commits of somebody else. */
async function planOnto(
  existing: Checkout,
  repository: Repository,
  change: ProposedChange,
  { checkout, edit, history, breathe }: BranchQuestion,
): Promise<BranchPlan> {
  const { sha: commit } = existing.commit;
  const { open } = history;
  const name = `branch ${existing.branch} of ${formatRepository(repository)}`;
  if (await holds(existing.tree, edit.files)) {
    // Somebody who amends our commit leaves the marker's edit as it is: only a run that was stopped before it wrote the marker does not.
    const marked = open === undefined ? undefined : (readMarker(open.body)?.edit ?? editId(edit));
    const untouched = existing.parents.length === 1 && existing.parents[0] === checkout.commit.sha && marked !== editId(edit);
    return { kind: "upToDate", commit, untouched, warnings: [] };
  }
  const rest = await editIfFound(existing.tree, change, breathe);
  if (rest?.files.size === 0) {
    const warning = `${name}: it is not on the base of today and may have commits of somebody else: it is left as it is`;
    return { kind: "upToDate", commit, untouched: false, warnings: [warning] };
  }
  if (open !== undefined && rest !== undefined) return { kind: "push", parent: commit, edit: rest, expected: commit, untouched: false };
  throw new FairleadError("conflict", `push ${name}: it is there and holds something else`, {
    hint: "delete the branch if nobody needs it, and run it again",
  });
}

async function editIfFound(tree: Tree, change: ProposedChange, breathe: Breathe): Promise<Edit | undefined> {
  try {
    return await change.edit(tree, breathe);
  } catch (error) {
    if (error instanceof FairleadError && error.code === "not_found") return undefined;
    throw error;
  }
}

async function holds(tree: Tree, files: Files): Promise<boolean> {
  const existing = new Set<string>();
  for await (const path of tree.list({ matching: (each) => files.has(each) })) existing.add(path);
  for (const [path, bytes] of files) {
    if (!existing.has(path) || !Buffer.from(await tree.read(path)).equals(bytes)) return false;
  }
  return true;
}
