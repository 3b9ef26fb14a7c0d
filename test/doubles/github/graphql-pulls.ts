/** https://docs.github.com/en/graphql/reference/mutations#enablepullrequestautomerge */
import { mergePull } from "./merging.ts";
import { refuseMutation } from "./schema.ts";
import type { PullRequest, Repository } from "./state.ts";
import { nodeId } from "./views.ts";

export interface EnqueueInput {
  readonly pullRequestId: string;
  readonly expectedHeadOid?: string;
}

/** Adds to the merge queue, which merges at once: it has nothing else to do. https://docs.github.com/en/graphql/reference/mutations#enqueuepullrequest */
export async function enqueuePull(repository: Repository, { pullRequestId, expectedHeadOid }: EnqueueInput, by: string): Promise<object> {
  const pull = repository.pulls.find(({ id }) => nodeId("PullRequest", id) === pullRequestId);
  if (!pull || pull.state === "closed") throw refuseMutation("UNPROCESSABLE", "Pull request is closed");
  if (!repository.settings.mergeQueue) throw refuseMutation("UNPROCESSABLE", "Merge queue is not enabled");
  if (expectedHeadOid !== undefined && expectedHeadOid !== pull.headSha) throw refuseMutation("STALE_DATA", "Head sha didn't match");
  repository.settings.mergeQueue = false;
  await mergePull(repository, pull, { method: "merge", by }).finally(() => (repository.settings.mergeQueue = true));
  return { clientMutationId: null };
}

export interface AutoMergeInput {
  readonly pullRequestId: string;
  readonly mergeMethod: "MERGE" | "SQUASH" | "REBASE";
  readonly expectedHeadOid?: string;
  readonly commitHeadline?: string | null;
  readonly commitBody?: string | null;
}

/**
 * Enables auto-merge, for when the required checks have come. GitHub refuses it for a pull request that could be merged
 * now.
 */
export function enableAutoMerge(
  repository: Repository,
  { pullRequestId, mergeMethod, expectedHeadOid, commitHeadline, commitBody }: AutoMergeInput,
  by: string,
): object {
  const pull = repository.pulls.find(({ id }) => nodeId("PullRequest", id) === pullRequestId);
  const { settings } = repository;
  if (!settings.autoMerge) throw refuseMutation("UNPROCESSABLE", "Pull request Auto merge is not allowed for this repository");
  if (!pull || pull.state === "closed") throw refuseMutation("UNPROCESSABLE", "Pull request is closed");
  if (expectedHeadOid !== undefined && expectedHeadOid !== pull.headSha) throw refuseMutation("STALE_DATA", "Head sha didn't match");
  if (!settings.blocked && !pull.draft) throw refuseMutation("UNPROCESSABLE", "Pull request Pull request is in clean status");
  if (mergeMethod === "REBASE") throw refuseMutation("UNPROCESSABLE", "Merge method rebase merging is not allowed on this repository");
  const method = mergeMethod.toLowerCase() as NonNullable<PullRequest["autoMerge"]>["method"];
  pull.autoMerge = { method, by, title: commitHeadline ?? undefined, message: commitBody ?? undefined };
  return { clientMutationId: null };
}
