import type { ChangeHistory } from "./history.ts";
import { changeBranch, editId, type DeployChange } from "../deploy/deploy-change.ts";
import { FairleadError } from "../errors.ts";
import type { Checkout, RemoteGit } from "../git/git.ts";
import { unknownDigest } from "../image/image.ts";
import { editBelow } from "../deploy/manifest/edit-below.ts";
import type { ManifestEdit } from "../deploy/manifest/edit-image.ts";
import { isUntouched, readMarker } from "./marker.ts";
import { formatRepository, type Repository } from "../git/repository.ts";
import type { Tree } from "../git/tree.ts";

/** What has to be done for the change's branch to hold the edit. `untouched`: nobody else's commit is on it then. */
export type BranchWork =
  | { readonly kind: "there"; readonly commit: string; readonly untouched: boolean; readonly warnings: readonly string[] }
  | {
      readonly kind: "push";
      readonly parent: string;
      readonly edit: ManifestEdit;
      /** What the branch points at now; undefined: it is not there. */
      readonly expected: string | undefined;
      readonly untouched: boolean;
    };

/** What is known when the branch is looked at: the base, the edit on top of it, and what became of the change before. */
export interface BranchQuestion {
  readonly checkout: Checkout;
  readonly edit: ManifestEdit;
  readonly history: ChangeHistory;
}

/**
 * Returns what has to be done. A branch is made anew, on the base of today, only where that takes nobody's work away: it is not there, it is
 * that of a pull request that is closed, or its head is the commit that fairlead pushed and the edit is no longer the same. As long as the
 * edit is the same, a base that has moved changes nothing: a push would dismiss reviews. Onto commits of somebody else goes another commit.
 * Throws `conflict` for a branch that is neither the change nor under review.
 */
export async function findBranchWork(
  git: RemoteGit,
  repository: Repository,
  change: DeployChange,
  question: BranchQuestion,
): Promise<BranchWork> {
  const { checkout, edit, history } = question;
  const { open, closed } = history;
  const anew = (expected: string | undefined): BranchWork => ({
    kind: "push",
    parent: checkout.commit.sha,
    edit,
    expected,
    untouched: true,
  });
  if (open !== undefined && isUntouched(open)) {
    const { commit } = open;
    return readMarker(open.body)?.edit === editId(edit) ? { kind: "there", commit, untouched: true, warnings: [] } : anew(commit);
  }
  const there = change.image.digest === unknownDigest ? undefined : await git.openIfThere(repository, changeBranch(change));
  if (there === undefined) return anew(undefined);
  // All that was on it is in the closed pull request for good.
  if (open === undefined && closed.some(({ commit }) => commit === there.commit.sha)) return anew(there.commit.sha);
  return await workOn(there, repository, change, question);
}

/** What has to be done on a branch that may have commits of somebody else. */
async function workOn(
  there: Checkout,
  repository: Repository,
  change: DeployChange,
  { checkout, edit, history }: BranchQuestion,
): Promise<BranchWork> {
  const { sha: commit } = there.commit;
  const { open } = history;
  const name = `branch ${there.branch} of ${formatRepository(repository)}`;
  if (await holds(there.tree, edit.files)) {
    // Somebody who amends our commit leaves the marker's edit as it is: only a run that was stopped before it wrote the marker does not.
    const marked = open === undefined ? undefined : (readMarker(open.body)?.edit ?? editId(edit));
    const untouched = there.parents.length === 1 && there.parents[0] === checkout.commit.sha && marked !== editId(edit);
    return { kind: "there", commit, untouched, warnings: [] };
  }
  const rest = await editOrNothing(there, change);
  if (rest?.changes.length === 0) {
    const warning = `${name}: it is not on the base of today and may have commits of somebody else: it is left as it is`;
    return { kind: "there", commit, untouched: false, warnings: [warning] };
  }
  if (open !== undefined && rest !== undefined) return { kind: "push", parent: commit, edit: rest, expected: commit, untouched: false };
  throw new FairleadError("conflict", `push ${name}: it is there and holds something else`, {
    hint: "delete the branch if nobody needs it, and run it again",
  });
}

async function editOrNothing({ tree }: Checkout, { folder, only, image }: DeployChange): Promise<ManifestEdit | undefined> {
  try {
    return await editBelow(tree, folder, image, { only });
  } catch (error) {
    if (error instanceof FairleadError && error.code === "not_found") return undefined;
    throw error;
  }
}

async function holds(tree: Tree, files: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
  const there = new Set<string>();
  for await (const path of tree.list({ matching: (each) => files.has(each) })) there.add(path);
  for (const [path, bytes] of files) {
    if (!there.has(path) || !Buffer.from(await tree.read(path)).equals(bytes)) return false;
  }
  return true;
}
