import type { PullRequest } from "../git/provider.ts";
import { covers, touches } from "./identity.ts";
import { isOurs, isUntouched, readMarker } from "./marker.ts";

/** The change that was asked for last, as older pull requests are compared with it. */
export interface NewerChange {
  /** Its id: see `changeId`. */
  readonly change: string;
  /** The ids of what it sets: see `targetIds`. */
  readonly targets: readonly string[];
  /** The branch of its pull request; undefined if it has none, since the base has the change. */
  readonly head: string | undefined;
  /** Pull requests with a number up to this one are older. */
  readonly newest: number;
}

/** The open pull requests of fairlead that meet a newer change. Those that it does not meet are in neither list. */
export interface MetPullRequests {
  /** Older ones that set nothing but what the newer change sets. */
  readonly replaced: readonly PullRequest[];
  /** Those that may set back what the newer change sets, and may not be closed. */
  readonly left: readonly PullRequest[];
  /** The others that may change the same, but not by what they say of themselves. None is a fork's. */
  readonly undecided: readonly PullRequest[];
}

/** Returns the open pull requests that a newer change replaces, and those that stay in its way. */
export function meetOpen(open: readonly PullRequest[], newer: NewerChange): MetPullRequests {
  const others = open.filter((pull) => !pull.fork && pull.head !== newer.head && !(isOurs(pull) && replaces(pull, newer)));
  const replaced = others.filter((pull) => isOurs(pull) && isReplaced(pull, newer));
  const left = others.filter((pull) => isOurs(pull) && meets(pull, newer) && !replaced.includes(pull));
  return { replaced, left, undecided: others.filter((pull) => !replaced.includes(pull) && !left.includes(pull)) };
}

/**
 * Tells whether a pull request may be closed if it changes nothing but what a newer change sets: it is fairlead's, and older, and does not ask for
 * the same.
 */
export function mayClose(pull: PullRequest, newer: NewerChange): boolean {
  return isOurs(pull) && pull.number <= newer.newest && !hasOthersWork(pull, newer);
}

/** Tells whether a pull request says that it sets other things than a newer change. The widest target of a thing is one for all places. */
export function setsOther(pull: PullRequest, { targets }: Pick<NewerChange, "targets">): boolean {
  const widest = (target: string): string => target.slice(target.lastIndexOf("/") + 1);
  const theirs = isOurs(pull) ? targetsOf(pull) : [];
  // Of many targets, the wider ones may have been left out.
  const isTold = theirs.length === 1 || theirs.some((each) => each.includes("/"));
  return isTold && !targets.some((each) => theirs.map(widest).includes(widest(each)));
}

/** Tells whether a pull request asks for the newer change itself, and has the work of somebody else. */
export function hasOthersWork(pull: PullRequest, { change }: Pick<NewerChange, "change">): boolean {
  return readMarker(pull.body)?.change === change && !isUntouched(pull);
}

function isReplaced(pull: PullRequest, newer: NewerChange): boolean {
  return pull.number <= newer.newest && targetsOf(pull).every((each) => covers(newer.targets, each)) && !hasOthersWork(pull, newer);
}

/** A pull request that came later, and sets all that the change sets, is itself the newer one. */
function replaces(pull: PullRequest, { targets, newest }: NewerChange): boolean {
  return pull.number > newest && targets.every((each) => covers(targetsOf(pull), each));
}

function meets(pull: PullRequest, { targets }: NewerChange): boolean {
  return targetsOf(pull).some((theirs) => targets.some((ours) => touches(ours, theirs)));
}

function targetsOf({ body }: PullRequest): readonly string[] {
  return readMarker(body)?.targets ?? [];
}
