/** The rules by which runs live, whatever a store is made of: a store reads rows, asks these functions, and writes what they return. All are pure. */
import { isDeepStrictEqual } from "node:util";
import { FairleadError } from "../../src/core/errors.ts";
import type { Event, EventPattern } from "../../src/core/event.ts";
import type { Json } from "../../src/core/json.ts";
import type { Ending, LanePolicy, NewRun, RunError, RunState } from "../store.ts";

/** A running run, as far as its ending depends on it. */
export interface RunningRun {
  readonly policy: LanePolicy;
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Somebody has canceled it, and its worker was asked to stop it. */
  readonly cancelRequested: boolean;
  /** The error of an earlier attempt. */
  readonly error: RunError | undefined;
}

/** Facts that a store reads beside the run when an attempt ends. */
export interface EndingFacts {
  /** Another run of its lane is queued. */
  readonly successorQueued: boolean;
  /** An event as the run is about to wait for was accepted since the run was claimed. */
  readonly wakeCame: boolean;
  /** By the clock of leases and back-off, in milliseconds. */
  readonly now: number;
  /** The share of the longest back-off that the run rests: from 0 to 1, drawn by chance. */
  readonly random: number;
}

/** A run after an attempt: all that is written of it. */
export interface SettledRun {
  readonly state: Exclude<RunState, "running">;
  readonly attempt: number;
  /** The time from which a worker may have it again; for one that waits, the latest. Undefined: it has ended. */
  readonly dueAt: number | undefined;
  readonly reason: string | undefined;
  readonly wakeOn: EventPattern | undefined;
  readonly result: Json | undefined;
  readonly error: RunError | undefined;
}

/** Returns what becomes of a run whose worker says that it, or this attempt at it, has ended. See `Ending`. */
export function settleRun(run: RunningRun, ending: Ending, facts: EndingFacts): SettledRun {
  const left = { attempt: run.attempt, dueAt: undefined, reason: undefined, wakeOn: undefined, result: undefined, error: run.error };
  switch (ending.state) {
    case "succeeded":
      return { ...left, state: "succeeded", result: ending.result, error: undefined };
    case "skipped":
      return { ...left, state: "skipped", reason: ending.reason, error: undefined };
    case "canceled":
      return { ...left, state: "canceled" };
    case "failed":
      return { ...left, ...afterFailure(run, ending, facts), error: ending.error };
    case "queued": {
      const instead = insteadOfQueued(run, facts);
      if (instead !== undefined) return { ...left, state: instead };
      return { ...left, state: "queued", dueAt: facts.now, attempt: run.attempt - 1, reason: ending.reason };
    }
    case "waiting": {
      if (run.cancelRequested) return { ...left, state: "canceled" };
      const dueAt = facts.now + (facts.wakeCame ? 0 : Math.round(ending.untilMilliseconds));
      return { ...left, state: "waiting", dueAt, reason: ending.for, wakeOn: ending.wakeOn };
    }
  }
}

function afterFailure(
  run: RunningRun,
  { retry, error }: Extract<Ending, { state: "failed" }>,
  facts: EndingFacts,
): Pick<SettledRun, "state"> & Partial<SettledRun> {
  if (!retry) return { state: "failed" };
  const instead = insteadOfQueued(run, facts);
  if (instead !== undefined) return { state: instead };
  const { attempt, maxAttempts } = run;
  if (attempt >= maxAttempts) return { state: "parked" };
  const dueAt = facts.now + backoffAfter(attempt, facts.random);
  return { state: "queued", dueAt, reason: `attempt ${attempt} of ${maxAttempts}: ${error.message}` };
}

/** Returns the state of a run that must not be queued again: somebody has canceled it, or a newer run is queued in its place. */
function insteadOfQueued({ cancelRequested, policy }: RunningRun, { successorQueued }: EndingFacts): "canceled" | "superseded" | undefined {
  if (cancelRequested) return "canceled";
  return policy === "newest" && successorQueued ? "superseded" : undefined;
}

/** The first and the longest span, in milliseconds, out of which a back-off is taken. */
const firstBackoff = 5_000;
export const longestBackoff = 300_000;

/** Returns how many milliseconds a run rests after this attempt: full jitter, so that many that failed together do not come back together. */
export function backoffAfter(attempt: number, random: number): number {
  return Math.round(random * Math.min(longestBackoff, firstBackoff * 2 ** (attempt - 1)));
}

/** Returns the ending of an attempt whose lease is over: its worker may be gone, and another may try. */
export function lapsedEnding(worker: string): Ending {
  const error: RunError = { code: "unavailable", message: `run pipeline: worker ${worker} was not heard of for too long` };
  return { state: "failed", retry: true, error };
}

/** Returns the attempt that a claim of this run is: one that goes on after it has waited is the attempt that it was. */
export function attemptOnClaim(state: "queued" | "waiting", attempt: number): number {
  return state === "queued" ? attempt + 1 : attempt;
}

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

/** Returns the run of a lane that a worker may have next; undefined: none is queued, or one still holds the lane. */
export function nextInLane<Queued>({ holder, first }: Lane<Queued>): Queued | undefined {
  return holder === undefined ? first : undefined;
}

/** Returns the policy of a new run: its own, unless runs of its lane are of another, which are ended as they were begun. */
export function policyInLane(own: LanePolicy, unended: LanePolicy | undefined): LanePolicy {
  return unended ?? own;
}

/** Returns the state of a run that somebody cancels: a running one goes on until its worker stops it. Throws `conflict` for one that has ended. */
export function stateOnCancel(id: string, state: RunState): "running" | "canceled" {
  if (state === "running") return "running";
  if (state === "queued" || state === "waiting") return "canceled";
  throw new FairleadError("conflict", `cancel run: ${id} has already ended as ${state}`);
}

/** Tells whether an event is one for which a run waits: each field that is named has the same value. */
export function isWaitedFor(wakeOn: EventPattern, event: Event): boolean {
  const fields: Readonly<Record<string, unknown>> = { ...event };
  return Object.entries(wakeOn).every(([name, value]) => isDeepStrictEqual(fields[name], value));
}

/**
 * Returns the id of a delivery or a run that is made at this time: a UUID of version 7 (RFC 9562), made of one of version 4. It is unlike that of any
 * other store, since names outside are made of it; and ids made one after the other stand side by side in an index.
 */
export function idAt(wall: number, uuid: string): string {
  const time = wall.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${uuid.slice(15)}`;
}

/** Returns the error for an id that no run has. */
export function runNotFound(doing: string, id: string): FairleadError {
  return new FairleadError("not_found", `${doing}: there is no run ${id}`, { hint: "list those that there are: fairlead runs list" });
}

/** Returns the error for what a worker says of a run that is no longer its own. */
export function runTaken(doing: string, id: string): FairleadError {
  return new FairleadError("conflict", `${doing}: run ${id} was taken from this worker`, { hint: "stop it: another goes on with the run" });
}
