import { asFairleadError, FairleadError } from "../errors.ts";
import type { Ports } from "./ports.ts";
import type { RunOptions } from "./run-options.ts";
import { runStep, type AnyStep } from "./run-step.ts";
import type { Context } from "./step.ts";

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
