/** The rules by which runs of a lane wait for each other, whatever a store is made of: a store reads rows, asks these functions, and writes what they return. All are pure. */
import type { Event } from "../../../src/core/event.ts";
import type { LanePolicy, NewRun, Pace } from "../../store.ts";

/** A lane before a change: the run that is running or waiting in it, and the first one that is queued. */
export interface Lane<Queued> {
  readonly holder: { readonly state: "running" | "waiting" } | undefined;
  readonly first: Queued | undefined;
}

/** The place of a new run in its lane. */
export interface LaneEntry {
  /** The run that is queued in the lane is superseded. */
  readonly supersedes: boolean;
  /** The run that holds the lane is canceled. */
  readonly cancelsHolder: boolean;
  /** The time from which a worker may have the new run, once it is the next of its lane. */
  readonly dueAt: number;
  /** Nothing is before it in the lane. */
  readonly isNext: boolean;
}

/**
 * Returns how a new run enters its lane. Under `newest` it inherits the place of the run that it supersedes: else a lane that gets a new run every
 * minute would never be the one that has waited longest.
 */
export function enterLane(
  { policy, cancelRunning }: Pick<NewRun, "policy" | "cancelRunning">,
  { holder, first }: Lane<{ readonly dueAt: number }>,
  now: number,
): LaneEntry {
  const supersedes = policy === "newest" && first !== undefined;
  const cancelsHolder = policy === "newest" && cancelRunning && holder !== undefined;
  const isFree = holder === undefined || (cancelsHolder && holder.state === "waiting");
  const dueAt = supersedes ? Math.min(now, first.dueAt) : now;
  return { supersedes, cancelsHolder, dueAt, isNext: isFree && (first === undefined || supersedes) };
}

/**
 * Returns the event of a run that is done in place of another of its lane: of pushes to one branch, the push from the head before the first of them.
 * Where it cannot be told which of two pushes is the first, the head before is unknown, as that of a new branch.
 */
export function spanEvents(event: Event, other: Event): Event {
  if (event.kind !== "push" || other.kind !== "push") return event;
  if (event.repository !== other.repository || event.branch !== other.branch) return event;
  if (event.before === other.before || other.before === event.commit) return event;
  return { ...event, before: event.before === other.commit ? other.before : null };
}

/** Returns when a run may start whose source has more runs queued than start at once: an interval after the last of them. */
export function startAfter(lastDueAt: number, { interval }: Pace, now: number): number {
  return Math.max(now, lastDueAt) + interval;
}

/** Returns the run of a lane that a worker may have next; undefined: none is queued, or one still holds the lane. */
export function nextInLane<Queued>({ holder, first }: Lane<Queued>): Queued | undefined {
  return holder === undefined ? first : undefined;
}

/** Returns the policy of a new run: its own, unless runs of its lane are of another, which are ended as they were begun. */
export function policyInLane(own: LanePolicy, unended: LanePolicy | undefined): LanePolicy {
  return unended ?? own;
}
