import type { ProposedBranch, PullRequest } from "../git/provider.ts";
import { branchPrefix } from "./identity.ts";
import { isOurs, markedAgain } from "./marker.ts";
import { readTargets } from "./trailers.ts";

/** No edit has this id, so that the branch is made again if the pull request is asked for again. */
const unknownEdit = "0".repeat(12);

/**
 * Returns a pull request with its marker. If its body has lost it, or has it twice, branch and commit say the same: the name of the one, and the
 * trailers of the other. What is not fairlead's is returned as it is.
 */
export function recoverMarker(pull: PullRequest, branches: readonly ProposedBranch[]): PullRequest {
  if (isOurs(pull) || pull.fork) return pull;
  const branch = branches.find(({ name, commit }) => name === pull.head && commit === pull.commit);
  const change = /-([0-9a-f]{12})$/.exec(pull.head)?.[1];
  const targets = branch === undefined ? [] : readTargets(branch.message);
  if (branch === undefined || change === undefined || targets.length === 0 || !pull.head.startsWith(branchPrefix)) return pull;
  const isUntouched = branch.parents === 1 && branch.authored === branch.committed;
  const marker = { change, targets, edit: unknownEdit, run: "unknown", supersededBy: undefined };
  return { ...pull, body: markedAgain(pull.body, { ...marker, commit: isUntouched ? pull.commit : undefined }) };
}
