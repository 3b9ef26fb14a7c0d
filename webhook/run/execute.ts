import { configCredentials, configServers } from "../../src/config.ts";
import { asFairleadError, consequences, FairleadError } from "../../src/core/errors.ts";
import type { Journal } from "../../src/core/run/journal.ts";
import { runPipeline, type Pipeline } from "../../src/core/run/pipeline.ts";
import { redactAll, createRedactor, type Redactor, type Secret } from "../../src/core/secret.ts";
import type { Report } from "../../src/core/run/report.ts";
import type { Json } from "../../src/core/json.ts";
import { secretValue } from "../../src/secrets.ts";
import { openRun } from "../../src/wire.ts";
import type { ListenerConfig, Route } from "../config.ts";
import { openInput } from "../routing/route.ts";
import type { Claim } from "../store.ts";
import { whyNotCurrent, type Trigger } from "./current.ts";
import { formatEntry } from "./log.ts";
import type { RunEnding, RunOrder } from "./messages.ts";
import { createRest } from "./resting.ts";

/** The worker, as a run sees it: it has the store. */
export interface RunHost {
  readonly journal: Journal;
  readonly log: (text: string) => void;
  /** Aborted when the run is to stop. */
  readonly signal: AbortSignal;
}

/** Runs what was ordered, and returns how it ended: it never throws. No secret is in what it returns or logs. */
export async function execute(order: RunOrder, config: ListenerConfig, host: RunHost): Promise<RunEnding> {
  const redactor = createRedactor();
  const rest = createRest(Date.now);
  let engineAway = false;
  const report: Report = (entry) => {
    if (entry.type === "engine") engineAway = !entry.connected;
    const text = formatEntry(entry);
    if (text !== undefined) host.log(redactor.redact(text));
    rest.watch(entry);
  };
  try {
    const running = runOrder(order, config, { host, redactor, report, pause: rest.pause });
    running.catch(() => undefined); // it may outlive the rest, and what it says then counts no more
    return redactAll(redactor, await Promise.race([running, rest.begun]));
  } catch (error) {
    if (host.signal.aborted) return { state: "stopped" };
    const { code, message, hint, output } = asFairleadError(error);
    for (const line of output) host.log(redactor.redact(`  | ${line}`));
    if (engineAway && code === "unavailable") return { state: "no-engine", reason: redactor.redact(message) };
    return { state: "failed", error: redactAll(redactor, { code, message, hint }), retry: consequences[code].retry };
  }
}

/** The parts that a run is executed with. */
interface RunTools {
  readonly host: RunHost;
  readonly redactor: Redactor;
  readonly report: Report;
  readonly pause: ReturnType<typeof createRest>["pause"];
}

async function runOrder(order: RunOrder, config: ListenerConfig, { host, redactor, report, pause }: RunTools): Promise<RunEnding> {
  const { claim, secrets } = order;
  const route = routeOf(config, claim);
  const open = (reference: string, name: string): Secret => secretValue(secrets[reference] ?? "", name, redactor);
  await using run = openRun({
    dryRun: false,
    report,
    signal: host.signal,
    redactor,
    servers: configServers(config),
    engine: config.workers.engine,
    credentials: configCredentials(order, open),
    lasting: { id: claim.id, began: new Date(order.began), resumed: order.resumed, journal: host.journal, pause },
  });
  const trigger = { event: claim.event, newest: claim.policy === "newest", readAgain: route.readAgain };
  const skipped: { reason?: string } = {};
  const pipeline = whileCurrent(route.pipeline, trigger, (reason) => (skipped.reason = reason));
  const result = await runPipeline(pipeline, run.options, openInput(route, claim.input as Readonly<Record<string, Json>>, open));
  return skipped.reason === undefined ? { state: "succeeded", result } : { state: "skipped", reason: skipped.reason };
}

/** Returns the route that made a run, in the configuration of that time. */
export function routeOf(config: ListenerConfig, { id, route: name }: Pick<Claim, "id" | "route">): Route {
  const route = config.routes.find((each) => each.name === name);
  if (route === undefined) throw new FairleadError("internal", `run ${id}: its configuration has no route ${name}`);
  return route;
}

/** Returns a pipeline that does nothing, and says why, when what it was started for is no longer so. */
function whileCurrent(pipeline: Pipeline, trigger: Trigger, skip: (reason: string) => void): Pipeline {
  return {
    ...pipeline,
    async run(ctx, input) {
      const reason = await whyNotCurrent(ctx, pipeline, input, trigger);
      if (reason === undefined) return await pipeline.run(ctx, input);
      skip(reason);
      return null;
    },
  };
}
