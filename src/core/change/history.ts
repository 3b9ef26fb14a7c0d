import { FairleadError } from "../errors.ts";
import type { PullRequest, PullRequests } from "../git/provider.ts";
import { formatRepository } from "../git/repository.ts";
import type { BaseBranch, ProposedChange } from "./change.ts";
import { changeBranch, covers, targetIds } from "./identity.ts";
import { isOurs, readMarker } from "./marker.ts";

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
export async function readChangeHistory(pulls: PullRequests, on: BaseBranch, change: ProposedChange): Promise<ChangeHistory> {
  // A change without an identity has no branch that could be asked for.
  const isKnown = change.identity !== undefined;
  const found = isKnown ? await pulls.list({ ...on, head: changeBranch(on.base, change), state: "all" }) : [];
  const closed = found.filter(({ state }) => state !== "open");
  const [last] = closed;
  return { open: found.find(({ state }) => state === "open"), closed, previous: last && previousOf(last) };
}

/**
 * Throws `conflict` when the last pull request of the change was closed without being merged: somebody did not want it. It counts until
 * other changes of all its targets have been merged, and not where fairlead closed it in favour of another.
 */
export async function assertNotClosedByHand(
  pulls: PullRequests,
  on: BaseBranch,
  change: ProposedChange,
  { open, closed, previous }: ChangeHistory,
): Promise<void> {
  const since = closed[0]?.closedAt;
  if (open !== undefined || previous?.ended !== "closed" || since === undefined) return;
  const ended = await pulls.list({ ...on, state: "closed", changedSince: since });
  const isLater = (pull: PullRequest): boolean => pull.state === "merged" && isOurs(pull) && (pull.closedAt ?? "") >= since;
  const settled = ended.filter(isLater).flatMap(({ body }) => readMarker(body)?.targets ?? []);
  if (targetIds(on.base, change).every((target) => covers(settled, target))) return;
  throw new FairleadError(
    "conflict",
    `${change.doing} to ${formatRepository(on.repository)}: pull request #${previous.number} asked for it, and was closed without being merged`,
    { hint: `see ${previous.url}, and ask again with --reopen` },
  );
}

function previousOf({ number, url, state, body }: PullRequest): PreviousPullRequest {
  const superseded = readMarker(body)?.supersededBy !== undefined;
  return { number, url, ended: state === "merged" ? "merged" : superseded ? "superseded" : "closed" };
}
