/** The rules by which a change of a Flux repository is followed, by the events that are accepted. All are pure. */
import type { Event } from "../../../src/core/event.ts";
import type { PullRequestEvent } from "../../../src/core/event/git.ts";
import type { ReconciliationEvent } from "../../../src/core/event/rollout.ts";
import type { Rollout } from "../../../src/core/reporter.ts";
import type { FollowedRollout, NewRollout } from "../../store-reports.ts";

/** What an event says of a change. `look`: its provider is to be asked, by what is known then. */
export type Followed = { readonly rollout: FollowedRollout; readonly look?: boolean } | "look" | undefined;

/** How an event counts. */
export interface FollowFacts {
  readonly proven: boolean;
  /** The objects of Flux that have reported on earlier changes of the repository. */
  readonly known: readonly string[];
}

/** Milliseconds after which nobody waits any more for a pull request that is not merged, or a merge of which Flux reports nothing. */
export const longestFollowing = 7 * 24 * 60 * 60_000;

/** Returns the change as it is when its run has ended. */
export function newRollout(given: NewRollout): FollowedRollout {
  const { commit, ready } = given;
  return { ...given, state: ready ? "ready" : commit === undefined ? "proposed" : "merged", message: undefined, objects: {}, later: [] };
}

/** Tells whether something is still to happen to a change, so that what is told of it is not the last word. */
export function isUnderWay(state: Rollout["state"]): boolean {
  return state === "proposed" || state === "merged";
}

/** Returns what an event says of a change. What an unproven one says is no evidence: the provider is asked. */
export function follow(rollout: FollowedRollout, event: Event, { proven, known }: FollowFacts): Followed {
  const next = followProven(rollout, event, known);
  if (next === undefined || next === "look") return next;
  return proven ? next : "look";
}

function followProven(rollout: FollowedRollout, event: Event, known: readonly string[]): Followed {
  if (event.kind === "reconciliation") return reported(rollout, event, known);
  if (!("repository" in event) || event.repository !== rollout.repository) return undefined;
  if (event.kind === "push") return event.reverts?.includes(rollout.commit ?? "") ? reverted(rollout, event.commit) : undefined;
  if (event.kind !== "pull-request" || rollout.number === undefined) return undefined;
  if (event.number === rollout.number) return ofItsPull(rollout, event);
  const undoes = event.action === "merged" && event.reverts === rollout.number;
  return undoes ? reverted(rollout, event.mergeCommit ?? undefined) : undefined;
}

function ofItsPull(rollout: FollowedRollout, { action, mergeCommit }: PullRequestEvent): Followed {
  const { state } = rollout;
  if (action === "merged") {
    if (state !== "proposed" && state !== "closed" && state !== "unknown") return undefined;
    // which commit it is, the provider knows
    return mergeCommit === null || mergeCommit === undefined ? "look" : { rollout: { ...rollout, state: "merged", commit: mergeCommit } };
  }
  const isOpen = action !== "closed";
  if (isOpen && state !== "closed" && state !== "unknown") return undefined;
  if (!isOpen && state !== "proposed" && state !== "unknown") return undefined;
  if (isOpen && rollout.commit !== undefined) return undefined;
  return { rollout: { ...rollout, state: isOpen ? "proposed" : "closed" } };
}

/** A change that was never merged is not taken back. */
function reverted(rollout: FollowedRollout, by: string | undefined): Followed {
  if (rollout.commit === undefined || rollout.state === "reverted") return undefined;
  return { rollout: { ...rollout, state: "reverted", message: by === undefined ? undefined : `reverted by ${by.slice(0, 12)}` } };
}

/** Flux need not stop at every commit: what it says of another one may be of a later one, which has the change too. */
function reported(rollout: FollowedRollout, event: ReconciliationEvent, known: readonly string[]): Followed {
  const { state, commit, object } = rollout;
  if (commit === undefined || (state !== "merged" && state !== "ready" && state !== "unready" && state !== "unknown")) return undefined;
  const [kind = "", , name = ""] = event.object.split("/");
  if (object !== undefined && `${kind}/${name}`.toLowerCase() !== object.toLowerCase()) return undefined;
  const at = commitOf(event.revision);
  if (at === undefined || (state === "ready" && event.ready && at !== commit)) return undefined;
  if (at !== commit) return event.ready ? { rollout: notedAt(rollout, event.object, at), look: true } : undefined;
  const said = event.ready ? null : event.message;
  if (rollout.objects[event.object] === said) return event.ready && state !== "ready" ? "look" : undefined;
  const objects = { ...rollout.objects, [event.object]: said };
  const wrong = Object.entries(objects).find((each): each is [string, string] => each[1] !== null);
  if (wrong !== undefined) return { rollout: { ...rollout, objects, state: "unready", message: `${wrong[0]}: ${wrong[1]}` } };
  const isAll = object !== undefined || state === "ready" || (known.length > 0 && known.every((each) => each in objects));
  // the first object that is ready is mostly the root, and the others follow
  return isAll
    ? { rollout: { ...rollout, objects, state: "ready", message: undefined } }
    : { rollout: { ...rollout, objects }, look: true };
}

/** How many reports at other commits are kept at most. Those of other repositories are among them. */
const mostLater = 20;

function notedAt(rollout: FollowedRollout, object: string, commit: string): FollowedRollout {
  const others = rollout.later.filter((each) => each.object !== object || each.commit !== commit);
  return { ...rollout, later: [...others, { object, commit }].slice(-mostLater) };
}

/** Returns the commit of a revision of Flux, such as `main@sha1:1f2e…`; undefined for what is none, such as the version of a chart. */
export function commitOf(revision: string): string | undefined {
  return /(?:^|[@/:])([0-9a-f]{64}|[0-9a-f]{40})$/.exec(revision)?.[1];
}

/** Tells whether a change sets the images back that another has set. */
export function setsBack(later: Pick<NewRollout, "images">, earlier: Pick<NewRollout, "images">): boolean {
  const isBack = ({ image, from }: NewRollout["images"][number]): boolean =>
    !isSame(image, from) && later.images.some((each) => isSame(each.image, from) && isSame(each.from, image));
  return earlier.images.length > 0 && earlier.images.every(isBack);
}

/** A manifest may pin an image by its tag alone, or by its digest alone. */
function isSame(one: string | undefined, other: string | undefined): boolean {
  const [a, b] = [partsOf(one), partsOf(other)];
  if (a.name === undefined || a.name !== b.name) return false;
  return a.digest === undefined || b.digest === undefined ? a.tag !== undefined && a.tag === b.tag : a.digest === b.digest;
}

function partsOf(image = ""): Readonly<Record<"name" | "tag" | "digest", string | undefined>> {
  const [tagged = "", digest] = image.split("@", 2);
  const [, name = tagged, tag] = /^(.+):([^:/]+)$/.exec(tagged) ?? [];
  return { name: name === "" ? undefined : name, tag, digest };
}
