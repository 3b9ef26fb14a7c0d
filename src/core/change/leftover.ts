import type { ProposedBranch } from "../git/provider.ts";
import { branchPrefix, covers } from "./identity.ts";
import { readMarker } from "./marker.ts";
import type { NewerChange } from "./replace.ts";
import { readTargets } from "./trailers.ts";

/**
 * Tells whether a branch is what an earlier run has left of a change that a newer one replaces: a run that was stopped between its branch and
 * its pull request, or between the end of its pull request and that of its branch.
 *
 * - It has one commit, which is fairlead's and which nobody has amended, and all that the commit sets is set by the newer change.
 * - No pull request from it is open, and none of this commit was merged, or closed by hand.
 * - It was there before the newer run began. A run at the same time opens its pull request within seconds.
 */
export function isLeftover(branch: ProposedBranch, { targets, head }: Pick<NewerChange, "targets" | "head">, began: Date): boolean {
  const theirs = readTargets(branch.message);
  const isOwn = branch.name.startsWith(branchPrefix) && branch.name !== head;
  const isUntouched = branch.parents === 1 && branch.authored === branch.committed;
  const isSettled = branch.ended.some(({ commit, body }) => commit === branch.commit && readMarker(body)?.supersededBy === undefined);
  const isReplaced = theirs.length > 0 && theirs.every((each) => covers(targets, each));
  return isOwn && isUntouched && isReplaced && !branch.isOpen && !isSettled && Date.parse(branch.committed) <= began.getTime();
}
