import { breatheUntil } from "../breathe.ts";
import { settleEarlier } from "../deploy/earlier.ts";
import { FairleadError } from "../errors.ts";
import { settleAll } from "../limit.ts";
import type { Ports } from "./ports.ts";
import type { RunOptions } from "./run-options.ts";
import { runStep, type AnyStep } from "./run-step.ts";
import type { Context, Step } from "./step.ts";
import type { Json } from "../json.ts";

/** Returns ports whose reads may be those of the preflight, while `mayRecall` says so. */
export type PortsFor = (mayRecall: () => boolean) => Ports;

/** Returns the context of a run that may use these steps and ports. */
export function createContext(options: RunOptions, steps: readonly AnyStep[], portsFor: PortsFor): Context {
  const context: Context = {
    ...portsFor(() => true),
    id: options.id,
    began: options.began,
    resumed: options.resumed,
    once: options.once,
    earlier: (environment) => (options.earlier?.(environment) ?? []).map((each) => settleEarlier(each, options.servers)),
    signal: options.signal,
    dryRun: options.dryRun,
    report: options.report,
    now: () => options.now(),
    breathe: breatheUntil(options.signal),
    claim: async (step, key) => (options.dryRun ? { state: "ours", since: null } : await options.journal.claim(options.id, step, key)),
    run: (step, input) => {
      if (!steps.includes(step)) throw new FairleadError("internal", `run step ${step.name}: the pipeline does not list it`);
      return runStep(context, options, recalling(step, portsFor), input);
    },
    all: settleAll,
  };
  return context;
}

/** Returns the step, whose first plan alone may be made of what the preflight has read. What it does then, and any later plan, reads anew. */
function recalling<In, Out extends Json>(step: Step<In, Out>, portsFor: PortsFor): Step<In, Out> {
  let mayRecall = true;
  const ports = portsFor(() => mayRecall);
  return {
    ...step,
    async plan(ctx, input) {
      try {
        return await step.plan({ ...ctx, ...ports }, input);
      } finally {
        mayRecall = false;
      }
    },
  };
}
