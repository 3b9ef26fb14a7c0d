/** The rules by which an attempt at a run ends, whatever a store is made of: a store reads rows, asks these functions, and writes what they return. All are pure. */
import { FairleadError } from "../../../src/core/errors.ts";
import type { WakeOn } from "../../../src/core/event.ts";
import type { Json } from "../../../src/core/json.ts";
import type { Ending, LanePolicy, RunError, RunState } from "../../store.ts";

/** A running run, as far as its ending depends on it. */
export interface RunningRun {
  readonly policy: LanePolicy;
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Its worker was asked to stop it: somebody, or a newer run of its lane, has canceled it. */
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
  readonly outdated: boolean;
  readonly wakeOn: WakeOn | undefined;
  readonly result: Json | undefined;
  readonly error: RunError | undefined;
}

/** Returns what becomes of a run whose worker says that it, or this attempt at it, has ended. See `Ending`. */
export function settleRun(run: RunningRun, ending: Ending, facts: EndingFacts): SettledRun {
  const { attempt, error } = run;
  const left = { attempt, dueAt: undefined, reason: undefined, outdated: false, wakeOn: undefined, result: undefined, error };
  switch (ending.state) {
    case "succeeded":
      return { ...left, state: "succeeded", result: ending.result, error: undefined };
    case "skipped":
      return { ...left, state: "skipped", reason: ending.reason, outdated: ending.outdated, error: undefined };
    case "canceled":
      return { ...left, state: "canceled" };
    case "failed":
      return { ...left, ...afterFailure(run, ending, facts), error: ending.error };
    case "queued": {
      const instead = insteadOfQueued(run, facts);
      if (instead !== undefined) return { ...left, state: instead };
      return { ...left, state: "queued", dueAt: facts.now, attempt: attempt - 1, reason: ending.reason };
    }
    case "waiting": {
      if (run.cancelRequested) return { ...left, state: "canceled" };
      const dueAt = facts.now + (facts.wakeCame ? 0 : Math.round(ending.untilMilliseconds));
      return { ...left, state: "waiting", dueAt, reason: ending.for, wakeOn: ending.wakeOn };
    }
  }
}

/**
 * Tells whether the run of what is so now is queued in the place of one that is out of date. `sameDone`: a run of the lane has done the same, or is to.
 * What is queued in a lane that does every event may be of another tag.
 */
export function isInsteadWanted({ cancelRequested, policy }: RunningRun, { successorQueued }: EndingFacts, sameDone: boolean): boolean {
  return !cancelRequested && !(policy === "newest" && successorQueued) && !sameDone;
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
  return lostEnding(`worker ${shortName(worker)} was not heard of for too long`);
}

/** Returns the ending of an attempt whose worker and processes are gone. */
export function goneEnding(worker: string): Ending {
  return lostEnding(`worker ${shortName(worker)} has died`);
}

function lostEnding(why: string): Ending {
  return { state: "failed", retry: true, error: { code: "unavailable", message: `run pipeline: ${why}` } };
}

/** A worker names its process and its machine behind its name. */
function shortName(worker: string): string {
  return worker.split(" ", 1)[0] ?? worker;
}

/** Returns the attempt that a claim of this run is: one that goes on after it has waited is the attempt that it was. */
export function attemptOnClaim(state: "queued" | "waiting", attempt: number): number {
  return state === "queued" ? attempt + 1 : attempt;
}

/** Returns the state of a run that somebody cancels: a running one goes on until its worker stops it. Throws `conflict` for one that has ended. */
export function stateOnCancel(id: string, state: RunState): "running" | "canceled" {
  if (state === "running") return "running";
  if (state === "queued" || state === "waiting") return "canceled";
  throw new FairleadError("conflict", `cancel run: ${id} has already ended as ${state}`);
}
