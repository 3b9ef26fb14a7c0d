import type { Breathe } from "../breathe.ts";
import type { Change } from "./change.ts";
import type { EarlierEnvironment } from "../deploy/earlier.ts";
import type { Event, WakeOn } from "../event.ts";
import type { Json } from "../json.ts";
import type { Claimed } from "./journal.ts";
import type { Permission } from "../permission.ts";
import type { Ports } from "./ports.ts";
import type { Report } from "./report.ts";

/** One effect that outsiders can see. `plan` says what would change; only then `apply` changes it. */
export interface Step<In, Out extends Json> {
  readonly name: string;
  readonly needs: readonly Permission[];
  /** `event`: it acts in the repository of the event that starts the run (default: where the pipeline writes, else in each of its repositories). */
  readonly at?: "event";
  /** The kinds of events that `wakeOn` of its waits may name: a listener makes them of what it is sent (default: none). */
  readonly wakesOn?: readonly Event["kind"][];
  /** True for a step that changes nothing, and whose result may be otherwise when a run is begun again: it is not taken from the journal. */
  readonly fresh?: boolean;
  /** Idempotency key. Must be stable across restarts: no time, secret or Dagger value. */
  key(input: In): string;
  /** Reads only. */
  plan(ctx: Context, input: In): Promise<Plan<Out>>;
}

/** The changes that a step would make, and the function that makes them. */
export interface Plan<Out extends Json> {
  /** Empty: nothing has to change, and `expected` is the result. */
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
  /** A unified diff, if text changes. */
  readonly diff?: string;
  /**
   * A condition outside that must hold before there is a result.
   * The plan is made again until it has none; `apply` is not called while it has one.
   */
  readonly wait?: Wait;
  /** The result that a dry run passes on. */
  readonly expected: Out;
  /**
   * Acts only on what the plan read, else throws `Stale`.
   * The signal aborts an effect under way some seconds after the run was stopped: give it to what must not be left half done, such as
   * a tag or a branch. What another run completes, such as a build or a copy, is stopped at once, by `ctx.signal`.
   */
  apply(signal: AbortSignal): Promise<Out>;
}

/** A condition that a step waits for, its current state, and when to give up. */
export interface Wait {
  readonly for: string;
  readonly seen: string;
  readonly until: Date;
  /** An event after which it is worth to look again at once: any one of a list. Their kinds are those of the step's `wakesOn`. */
  readonly wakeOn?: WakeOn | undefined;
  /** Milliseconds after which a listener looks again without an event (default: half a minute). */
  readonly lookAfter?: number;
  /** What to do when it does not hold in time (default: to run it again, which goes on waiting). */
  readonly hint?: string;
}

/** The result of a step, and whether it changed anything outside. */
export type StepOutcome<Out> = { readonly result: Out; readonly changed: boolean };

/** Everything outside that a pipeline or a step can reach. */
export interface Context extends Ports {
  readonly id: string;
  /** The time of the run's first start. */
  readonly began: Date;
  /** True if an earlier process has begun the run: it may have done what nobody recorded. */
  readonly resumed: boolean;
  /** The name of what has started the run, the same however often it is told of; undefined where it has none: then each run is meant. */
  readonly once: string | undefined;
  /** Returns the environments that come before one, by its name. Throws `input` for one that may not be read. */
  earlier(environment: string): readonly EarlierEnvironment[];
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly report: Report;
  now(): Date;
  readonly breathe: Breathe;
  /** Asks whether this run may do a step that is done once among all runs, by the key of the step. A dry run takes nothing from others. */
  claim(step: string, key: string): Promise<Claimed>;
  /** Runs a step of the pipeline's list: journal, plan, apply. In a dry run it plans and returns what is expected. */
  run<In, Out extends Json>(step: Step<In, Out>, input: In): Promise<StepOutcome<Out>>;
  /** Waits for all. Returns their results, or throws the first error with the others as its cause. */
  all<const T extends readonly Promise<unknown>[]>(running: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}

/** Returns a plan without changes: `result` already holds. */
export function unchanged<Out extends Json>(result: Out, warnings: readonly string[] = []): Plan<Out> {
  return { changes: [], warnings, expected: result, apply: () => Promise.resolve(result) };
}
