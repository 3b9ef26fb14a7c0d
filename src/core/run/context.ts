import { breatheUntil } from "../breathe.ts";
import { FairleadError } from "../errors.ts";
import { settleAll } from "../limit.ts";
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
    resumed: options.resumed,
    signal: options.signal,
    dryRun: options.dryRun,
    report: options.report,
    now: () => options.now(),
    breathe: breatheUntil(options.signal),
    claim: async (step, key) => (options.dryRun ? { state: "ours", since: null } : await options.journal.claim(options.id, step, key)),
    run: (step, input) => {
      if (!steps.includes(step)) throw new FairleadError("internal", `run step ${step.name}: the pipeline does not list it`);
      return runStep(context, options, step, input);
    },
    all: settleAll,
  };
  return context;
}
