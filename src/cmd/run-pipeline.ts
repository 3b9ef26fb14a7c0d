import { parseInput, runPipeline, type Pipeline } from "../core/run/pipeline.ts";
import { formatPlan, planCollector, planJson, type PlannedStep } from "../core/run/plan.ts";
import { outputsOf } from "../core/run/output.ts";
import { credentialsOf } from "../core/run/parsed-input.ts";
import { oneLineSecret } from "../core/one-line-secret.ts";
import { redactAll, revealAll, type Secret } from "../core/secret.ts";
import type { Json } from "../core/json.ts";
import { plainText } from "../core/text/line.ts";
import { engineSetting } from "../dagger/engine/setting.ts";
import type { RunSettings } from "../wire.ts";
import { isCi } from "./ci.ts";
import type { Output, Session, Values } from "./command.ts";
import { flagName, type Flag } from "./flag.ts";
import type { RunEnd, RunReports } from "./report-run.ts";
import { formatResult } from "./result.ts";

/** Runs a pipeline with what was given to its flags. Throws a FairleadError. */
export async function runPipelineCommand(pipeline: Pipeline, flags: readonly Flag[], session: Session, values: Values): Promise<Output> {
  const { openRun } = await import("../wire.ts");
  const dryRun = values.dryRun === true;
  const engine = values.engine as string | undefined;
  if (pipeline.runs === "their code") engineSetting(engine);
  const plan = planCollector();
  let built: RunEnd["built"];
  const report: Session["report"] = (entry) => {
    plan.collect(entry);
    if (entry.type === "source") built = { repository: entry.repository, commit: entry.commit };
    session.report(entry);
  };
  const isTold = dryRun && values.json !== true; // by the plan, if there is one
  const tellDefaults = (): void => {
    for (const message of session.filled?.told ?? []) session.report({ type: "notice", message });
  };
  if (!isTold) tellDefaults();
  const findCredentials = !isCi(session.io.env);
  const { untypedHosts } = session.filled ?? {};
  const settings = { ...session, report, dryRun, engine, findCredentials, untypedHosts, ...(await namedOf(session, values)) };
  await using open = openRun(settings);
  const input = await inputOf(pipeline, flags, values, session);
  const tell = await reportsOf(pipeline, session, values, { settings, input, run: open.options.id, began: open.options.began });
  const result = await runPipeline(pipeline, open.options, input).catch(async (error: unknown) => {
    if (isTold) tellDefaults();
    await tell?.({ error, built });
    throw error;
  });
  await tell?.({ result, built });
  const outputs = { ...outputsOf(pipeline.output, result), "dry-run-plan": "" };
  return dryRun ? dryRunOutput(plan.steps(), result, outputs, session) : { json: result, text: formatResult(result), outputs };
}

/** Returns what tells the end of the run; undefined where nobody has asked for it, and for a dry run. Throws `input` for an unknown reporter. */
async function reportsOf(
  pipeline: Pipeline,
  session: Session,
  values: Values,
  started: Pick<RunReports, "settings" | "input" | "run" | "began">,
): Promise<((end: RunEnd) => Promise<void>) | undefined> {
  const names = (values.reports ?? []) as readonly string[];
  if (names.length === 0) return undefined;
  const [{ assertReporters, reportEnd }, { reportPlaces }, { reporters }] = await Promise.all([
    import("./report-run.ts"),
    import("./report-subject.ts"),
    import("../reporters/index.ts"),
  ]);
  assertReporters(names, reporters);
  const places = reportPlaces(values, session.filled);
  if (started.settings.dryRun) return undefined;
  return (end) => reportEnd({ pipeline, names, places, reporters, session, ...started }, end);
}

/** Returns the servers that flags and the named configuration name, and what else the latter says of a run. */
async function namedOf(
  { filled, redactor, report }: Session,
  values: Values,
): Promise<Pick<RunSettings, "servers" | "credentials" | "earlier">> {
  const plainHttp = (values.plainHttp ?? []) as readonly string[];
  if (filled?.config === undefined) return { servers: { plainHttp } };
  const { namedServers, warnOfNamedFiles } = await import("./named-config.ts");
  await warnOfNamedFiles(filled.config, { report });
  return namedServers(filled.config, plainHttp, redactor);
}

function dryRunOutput(steps: readonly PlannedStep[], result: Json, outputs: Output["outputs"], { redactor, filled }: Session): Output {
  const shown = redactAll(redactor, steps);
  const text = [...(filled?.told ?? []), ...formatPlan(shown)];
  return {
    json: { plan: planJson(shown), result },
    text,
    outputs: { ...outputs, "dry-run-plan": plainText(text) },
  };
}

/**
 * Returns the input for a schema. References become secrets, and all are there: one that is missing is told before anything is changed. Throws
 * `input` with all that the schema does not take before a secret is asked for: that may ask a vault.
 */
export async function inputOf(
  { name, input: schema }: Pick<Pipeline, "name" | "input">,
  flags: readonly Flag[],
  values: Values,
  { redactor, report }: Session,
): Promise<Values> {
  const { openSecret, secretFileWarning } = await import("../secrets.ts");
  const secrets: Secret[] = [];
  const warnings: Promise<string | undefined>[] = [];
  const openOne = (reference: string, name: string): Secret => {
    const secret = openSecret(reference, name, redactor);
    secrets.push(secret);
    warnings.push(secretFileWarning(reference, name));
    return secret;
  };
  const open = (flag: Flag, given: unknown): unknown => {
    if (flag.kind === "secret") return openOne(given as string, flagName(flag));
    if (flag.kind !== "secrets") return given;
    return Object.fromEntries(
      Object.entries(given as Readonly<Record<string, string>>).map(([name, reference]) => [name, openOne(reference, name)]),
    );
  };
  const input = Object.fromEntries(
    flags.flatMap((flag) => (values[flag.name] === undefined ? [] : [[flag.name, open(flag, values[flag.name])]])),
  );
  const opened = credentialsOf(schema, parseInput(name, schema, input));
  await revealAll(secrets);
  await revealAll(opened.filter(({ kind }) => kind === "token" || kind === "password").map(({ secret }) => oneLineSecret(secret)));
  for (const message of await Promise.all(warnings)) if (message !== undefined) report({ type: "warning", message });
  return input;
}
