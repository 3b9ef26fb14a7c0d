import { changeBranch, targetId, type DeployChange } from "../deploy/deploy-change.ts";
import { FairleadError } from "../errors.ts";
import type { PullRequest, PullRequests } from "../git/provider.ts";
import { formatImage, unknownDigest } from "../image/image.ts";
import { isOurs, readMarker } from "./marker.ts";
import { formatRepository, type Repository } from "../git/repository.ts";

/** A pull request that is no longer open, and what became of it. */
export type PreviousPullRequest = {
  readonly number: number;
  readonly url: string;
  readonly ended: "merged" | "closed" | "superseded";
};

/** The pull requests of one change. */
export interface ChangeHistory {
  readonly open: PullRequest | undefined;
  /** The newest first. */
  readonly closed: readonly PullRequest[];
  /** The newest of those that are closed. */
  readonly previous: PreviousPullRequest | undefined;
}

/** Returns the pull requests from the change's branch to its base: one request, however many others there are. */
export async function readChangeHistory(pulls: PullRequests, repository: Repository, change: DeployChange): Promise<ChangeHistory> {
  // A change whose digest only a push will tell has no branch that could be asked for.
  const known = change.image.digest !== unknownDigest;
  const found = known ? await pulls.list({ repository, base: change.base, head: changeBranch(change), state: "all" }) : [];
  const closed = found.filter(({ state }) => state !== "open");
  const [last] = closed;
  return { open: found.find(({ state }) => state === "open"), closed, previous: last && previousOf(last) };
}

/**
 * Throws `conflict` when the last pull request of the change was closed without being merged: somebody did not want it. It counts until
 * another change of the same target has been merged, and not where fairlead closed it in favour of another.
 */
export async function refuseClosedByHand(
  pulls: PullRequests,
  repository: Repository,
  change: DeployChange,
  { open, closed, previous }: ChangeHistory,
): Promise<void> {
  const since = closed[0]?.closedAt;
  if (open !== undefined || previous?.ended !== "closed" || since === undefined) return;
  const ended = await pulls.list({ repository, base: change.base, state: "closed", changedSince: since });
  const isLater = (pull: PullRequest): boolean =>
    pull.state === "merged" && isOurs(pull) && readMarker(pull.body)?.target === targetId(change) && (pull.closedAt ?? "") >= since;
  if (ended.some(isLater)) return;
  throw new FairleadError(
    "conflict",
    `deploy ${formatImage(change.image)} to ${formatRepository(repository)}: pull request #${previous.number} asked for it, and was closed without being merged`,
    { hint: `see ${previous.url}, and ask again with --reopen` },
  );
}

function previousOf({ number, url, state, body }: PullRequest): PreviousPullRequest {
  const superseded = readMarker(body)?.supersededBy !== undefined;
  return { number, url, ended: state === "merged" ? "merged" : superseded ? "superseded" : "closed" };
}
