import { z } from "zod";
import { duration } from "../core/quantity.ts";
import { inGroup } from "../core/run/in-group.ts";
import type { FieldMeta } from "../core/run/input.ts";
import type { Context } from "../core/run/step.ts";
import type { Dispatched } from "../core/dispatch/once.ts";
import type { DispatchedRuns } from "../core/dispatch/runs.ts";
import { findWorkflowRun } from "../steps/find-workflow-run.ts";
import { waitForWorkflow, type FinishedRun } from "../steps/wait-for-workflow.ts";

/** The fields that make a dispatch wait for the end of what it has started. */
export const followFields = inGroup("Wait", {
  wait: z
    .boolean()
    .default(false)
    .describe("wait until the workflow has ended; where it fails, this fails too")
    .meta({ byDefault: "end at once" } satisfies FieldMeta),
  timeout: duration({ days: 7, zero: true })
    .prefault("1h")
    .describe("stop waiting with an error after this time; 0s looks once")
    .meta({ kind: "duration" } satisfies FieldMeta),
});

/** The steps that follow a run. */
export const followSteps = [findWorkflowRun, waitForWorkflow] as const;

/** A dispatch whose run is followed. */
export interface Followed extends DispatchedRuns {
  /** What was dispatched, such as `deploy.yaml`. */
  readonly what: string;
  readonly dispatched: Dispatched;
  /** In milliseconds since the run was begun. */
  readonly timeout: number;
  readonly outputs?: string | undefined;
}

/** Waits for the end of the run that a dispatch has started, and returns it. Whoever stops waiting does not stop the workflow. */
export async function followRun(ctx: Context, { dispatched, what, timeout, outputs, ...runs }: Followed): Promise<FinishedRun> {
  const { repository } = runs;
  const until = new Date(ctx.began.getTime() + timeout);
  const { at } = dispatched;
  const known = dispatched.run ?? (at === null ? null : await find(ctx, { ...runs, what, once: ctx.once, at, until }));
  try {
    return (await ctx.run(waitForWorkflow, { repository, run: known, until, outputs })).result;
  } catch (error) {
    if (ctx.signal.aborted && known !== null) ctx.report({ type: "warning", message: `the workflow goes on: ${known.url}` });
    throw error;
  }
}

async function find(ctx: Context, input: Parameters<typeof findWorkflowRun.key>[0]): Promise<Dispatched["run"]> {
  return (await ctx.run(findWorkflowRun, input)).result;
}
