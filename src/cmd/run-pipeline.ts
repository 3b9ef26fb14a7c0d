import { runPipeline, type Pipeline } from "../core/pipeline.ts";
import type { Json } from "../core/step.ts";
import type { Output, Session, Values } from "./command.ts";
import { flagName, type Flag } from "./flag.ts";
import { formatPlan, planCollector, planJson, type PlannedStep } from "./plan.ts";
import { redactAll } from "./redact.ts";
import { plainText } from "./reporters/workflow-command.ts";
import { formatResult } from "./result.ts";
import { canStyle } from "./style.ts";

/** Runs a pipeline with what was given to its flags. Throws a FairleadError. */
export async function runPipelineCommand(pipeline: Pipeline, flags: readonly Flag[], session: Session, values: Values): Promise<Output> {
  const { openRun } = await import("../wire.ts");
  const dryRun = values.dryRun === true;
  const plan = planCollector();
  const report: Session["report"] = (entry) => {
    plan.collect(entry);
    session.report(entry);
  };
  await using open = openRun({ ...session, report, dryRun, engine: values.engine as string | undefined });
  const result = await runPipeline(pipeline, open.options, await inputOf(flags, values, session));
  return dryRun ? dryRunOutput(plan.steps(), result, session) : { json: result, text: formatResult(result) };
}

function dryRunOutput(steps: readonly PlannedStep[], result: Json, { io, redactor }: Session): Output {
  const shown = redactAll(redactor, steps);
  return { json: { plan: planJson(shown), result }, text: plainText(formatPlan(shown, canStyle(io.stdout, io.env)), io.env) };
}

/** Returns the pipeline's input. References become secrets, which are revealed when they are used. */
async function inputOf(flags: readonly Flag[], values: Values, { redactor }: Session): Promise<Values> {
  const { openSecret } = await import("../secrets.ts");
  const open = (flag: Flag, given: unknown): unknown => {
    if (flag.kind === "secret") return openSecret(given as string, flagName(flag), redactor);
    if (flag.kind !== "secrets") return given;
    return Object.fromEntries(
      Object.entries(given as Readonly<Record<string, string>>).map(([name, reference]) => [name, openSecret(reference, name, redactor)]),
    );
  };
  return Object.fromEntries(
    flags.flatMap((flag) => (values[flag.field] === undefined ? [] : [[flag.field, open(flag, values[flag.field])]])),
  );
}
