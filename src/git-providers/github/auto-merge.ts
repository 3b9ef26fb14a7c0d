import type { Octokit } from "#sdk/@octokit/rest";
import { FairleadError, Stale } from "../../core/errors.ts";
import type { MergeMethod, PullRequest } from "../../core/git/provider.ts";
import type { Owned } from "./connection.ts";
import { refusedMutation, saidBy, statusOf } from "./failure.ts";
import { aside } from "./said.ts";

/** https://docs.github.com/en/graphql/reference/mutations#enablepullrequestautomerge */
const enable = `mutation ($pull: ID!, $by: PullRequestMergeMethod!, $head: GitObjectID!) {
  enablePullRequestAutoMerge(input: { pullRequestId: $pull, mergeMethod: $by, expectedHeadOid: $head }) { clientMutationId }
}`;

/** States in which nothing blocks a merge. GitHub refuses auto-merge for these, since there is nothing to wait for. */
const mergeable = ["clean", "has_hooks", "unstable"];

/**
 * Merges a pull request as soon as its requirements are met.
 * If it has none, or they are met, it is merged now: GitHub enables auto-merge only for a pull request that has to
 * wait.
 */
export async function mergeAlone(octokit: Octokit, at: Owned, pull: PullRequest, method: MergeMethod): Promise<void> {
  const target = { ...at, pull_number: pull.number };
  const doing = `merge pull request #${pull.number} of ${at.owner}/${at.repo}`;
  const { data } = await octokit.rest.pulls.get(target);
  try {
    if (mergeable.includes(data.mergeable_state)) await octokit.rest.pulls.merge({ ...target, merge_method: method, sha: pull.commit });
    else await octokit.graphql(enable, { pull: data.node_id, by: method.toUpperCase(), head: pull.commit });
  } catch (error) {
    const status = statusOf(error);
    const refused = refusedMutation(error);
    // 405: merging is not allowed, or not in this way; 409: somebody has pushed to it meanwhile.
    if (status === 409 || refused?.type === "STALE_DATA") throw new Stale(`${doing}: its branch has moved`);
    if (status !== 405 && (refused?.type !== "UNPROCESSABLE" || refused.passes)) throw error;
    throw new FairleadError("unsupported", `${doing}: GitHub refuses to enable auto-merge${aside(saidBy(error))}`, {
      hint: "allow auto-merge and this merge method in the repository's settings",
      cause: error,
    });
  }
}
