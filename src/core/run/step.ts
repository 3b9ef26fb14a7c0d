import type { Change } from "./change.ts";
import type { EventPattern } from "../event.ts";
import type { Json } from "../json.ts";
import type { Permission } from "../permission.ts";
import type { Ports } from "./ports.ts";
import type { Report } from "./report.ts";

/** One effect that a stranger could see. It first says what it would change, and only then changes it. */
export interface Step<In, Out extends Json> {
  readonly name: string;
  readonly needs: readonly Permission[];
  /** What makes this effect this effect: no clock, no secret, no Dagger value. */
  key(input: In): string;
  /** Reads only. */
  plan(ctx: Context, input: In): Promise<Plan<Out>>;
}

/** What a step would change, and how to change it. */
export interface Plan<Out extends Json> {
  /** None: the world is already so, and `expected` is the result. */
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
  /** A unified diff, where the change is to text. */
  readonly diff?: string;
  /** What has to come about outside before there is a result. The plan is made again until it is gone; `apply` is not called while it is there. */
  readonly wait?: Wait;
  /** What a dry run hands on. */
  readonly expected: Out;
  /** Acts only on what the plan read, else throws `Stale`. The signal gives up an effect under way: it comes some seconds after a run was stopped. */
  apply(signal: AbortSignal): Promise<Out>;
}

/** What a step waits for, what of it is seen now, and when to give up. */
export interface Wait {
  readonly for: string;
  readonly seen: string;
  readonly until: Date;
  /** An event after which it is worth to look again at once. */
  readonly wakeOn?: EventPattern | undefined;
}

/** What a step ended with, and whether it changed anything outside. */
export type Outcome<Out> = { readonly result: Out; readonly changed: boolean };

/** All that a pipeline or a step has of the world. */
export interface Context extends Ports {
  readonly id: string;
  /** When the run was begun for the first time. */
  readonly began: Date;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly report: Report;
  now(): Date;
  /** Runs a step of the pipeline's list: journal, plan, apply. In a dry run it plans and hands on what is expected. */
  run<In, Out extends Json>(step: Step<In, Out>, input: In): Promise<Outcome<Out>>;
  /** Waits for all, then returns their results or throws the first error with the others as its cause. */
  all<const T extends readonly Promise<unknown>[]>(running: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}

/** Returns a plan that changes nothing: the world already is as `result` says. */
export function unchanged<Out extends Json>(result: Out, warnings: readonly string[] = []): Plan<Out> {
  return { changes: [], warnings, expected: result, apply: () => Promise.resolve(result) };
}
