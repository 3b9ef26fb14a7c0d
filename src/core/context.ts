import type { Client } from "@dagger.io/dagger";
import type { AwsAccess } from "./aws.ts";
import type { Credential } from "./credential.ts";
import { asFairleadError, FairleadError } from "./errors.ts";
import type { Git } from "./git.ts";
import type { GitProvider } from "./git-provider.ts";
import type { Images } from "./images.ts";
import type { Journal } from "./journal.ts";
import type { Notifier } from "./notifier.ts";
import type { Registry } from "./registry.ts";
import type { Report } from "./report.ts";
import { runStep, type AnyStep } from "./run-step.ts";
import type { Redactor } from "./secret.ts";
import type { Servers } from "./servers.ts";
import type { Json, Step, Wait } from "./step.ts";

/** The ways to the outside world, for one set of credentials. */
export interface Ports {
  readonly images: Images;
  readonly git: Git;
  registry(host: string): Registry;
  /** Returns the provider behind a host. Throws `unsupported` when none of the list serves it. */
  gitProvider(host: string): GitProvider;
  /** Returns the notifier of a name. Throws `unsupported` when the list has none. */
  notifier(name: string): Notifier;
  /** Runs `use` with an engine's client, connected on first use. What goes wrong there is a FairleadError that begins with `doing`. */
  dagger<T>(doing: string, use: (dag: Client) => Promise<T>): Promise<T>;
}

/** What a run is given by the door that starts it. */
export interface RunOptions {
  /** Returns the ports, with these credentials before the door's own. */
  readonly ports: (credentials: readonly Credential[], aws: AwsAccess) => Ports;
  readonly id: string;
  /** When the run was begun for the first time: what it may take at most counts from then, however often it was begun again. */
  readonly began: Date;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly report: Report;
  readonly journal: Journal;
  readonly redactor: Redactor;
  readonly servers: Servers;
  now(): Date;
  /** Waits for some milliseconds, or until the signal is aborted, then it throws. */
  delay(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Waits until it is worth to look again for what a step waits for, so many milliseconds at most. Without it, it is those. It may never return: then the run is begun again. */
  pause?(wait: Wait, milliseconds: number): Promise<void>;
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

/** Returns the context of a run that may use these steps and ports. */
export function createContext(options: RunOptions, steps: readonly AnyStep[], ports: Ports): Context {
  const context: Context = {
    ...ports,
    id: options.id,
    began: options.began,
    signal: options.signal,
    dryRun: options.dryRun,
    report: options.report,
    now: () => options.now(),
    run: (step, input) => {
      if (!steps.includes(step)) throw new FairleadError("internal", `run step ${step.name}: the pipeline does not list it`);
      return runStep(context, options, step, input);
    },
    all: settleAll,
  };
  return context;
}

async function settleAll<const T extends readonly Promise<unknown>[]>(running: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(running);
  const [first, ...others] = settled.flatMap((each) => (each.status === "rejected" ? [asFairleadError(each.reason)] : []));
  if (first !== undefined && others.length > 0)
    first.cause = new AggregateError([first.cause, ...others].filter((each) => each !== undefined));
  if (first !== undefined) throw first;
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as { -readonly [K in keyof T]: Awaited<T[K]> };
}
