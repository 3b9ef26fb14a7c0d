import { configCredentials, configServers } from "../../src/config.ts";
import { earlierIn } from "../../src/config/environments.ts";
import type { Event } from "../../src/core/event.ts";
import { asFairleadError, consequences, FairleadError } from "../../src/core/errors.ts";
import type { Decision, FoundDecision } from "../../src/core/gate/decision.ts";
import type { Journal } from "../../src/core/run/journal.ts";
import type { Repository } from "../../src/core/git/repository.ts";
import { repositoriesOf } from "../../src/core/run/parsed-input.ts";
import { parseInput, runPipeline, type Pipeline } from "../../src/core/run/pipeline.ts";
import { redactAll, createRedactor, type Redactor, type Secret } from "../../src/core/secret.ts";
import type { Report } from "../../src/core/run/report.ts";
import type { Json } from "../../src/core/json.ts";
import { placeOfSecret, secretValue } from "../../src/secrets.ts";
import { openRun } from "../../src/wire.ts";
import type { ListenerConfig, Route } from "../config.ts";
import { onceOf } from "../routing/event-kinds.ts";
import { openInput, takes, tryRun } from "../routing/route.ts";
import { decisionStep, type Claim, type Ending } from "../store.ts";
import { withCredentialHint } from "./credential-hint.ts";
import { lookAgain, type Trigger } from "./current.ts";
import { repositoryAt, type RepositoryWays } from "./event-repository.ts";
import { assertGatedSource } from "../config/gated-source.ts";
import { isGated, passGate, placeOf, type GateAsk } from "./gate.ts";
import { formatEntry } from "./log.ts";
import { ownInput, type OwnSettingsAsk } from "./own-settings.ts";
import type { Outdated } from "./merged.ts";
import { factsOf, rolloutOf } from "../report/view.ts";
import type { RunEnding, RunOrder } from "./messages.ts";
import { createRest } from "./resting.ts";

/** The worker, as a run sees it: it has the store. */
export interface RunHost {
  readonly journal: Journal;
  readonly log: (text: string) => void;
  /** Keeps who has decided at the Git provider whether the run may go on, once. */
  readonly found: (decision: FoundDecision) => Promise<void>;
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
    const { code, message, hint, output, place } = withCredentialHint(asFairleadError(error), config.credentials);
    for (const line of output) host.log(redactor.redact(`  | ${line}`));
    if (engineAway && code === "unavailable") return { state: "no-engine", reason: redactor.redact(message) };
    const told = { code, message, hint, ...(place !== undefined && { place }) };
    return { state: "failed", error: redactAll(redactor, told), retry: consequences[code].retry };
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
  const open = (reference: string, name: string): Secret => secretValue(secrets[reference] ?? "", name, redactor, placeOfSecret(reference));
  await using run = openRun({
    dryRun: false,
    report,
    signal: host.signal,
    redactor,
    servers: configServers(config),
    earlier: earlierIn(config.environments),
    engine: config.workers.engine,
    credentials: configCredentials(order, open),
    lasting: {
      id: claim.id,
      began: new Date(order.began),
      resumed: order.resumed,
      once: onceOf(route.name, claim.event),
      journal: host.journal,
      pause,
    },
  });
  const { credentials } = order;
  const { servers } = run.options;
  const { readAgain, filter, gate, fromRepository } = route;
  const given = openInput(route, claim.input as Readonly<Record<string, Json>>, open);
  const trigger = { event: claim.event, newest: claim.policy === "newest", readAgain, filter, takes: (each: Event) => takes(route, each) };
  const decision = (await host.journal.read(claim.id, decisionStep, ""))?.result as Decision | undefined;
  const skipped: { outdated?: Outdated } = {};
  const pipeline = whileCurrent(
    route.pipeline,
    {
      ...{ ...trigger, credentials, servers, gate, decision, settings: { listed: fromRepository, given } },
      found: (each) => host.found(redactAll(redactor, each)),
    },
    (outdated) => (skipped.outdated = outdated),
  );
  const result = await runPipeline(pipeline, run.options, given);
  if (skipped.outdated !== undefined) return skippedEnding(claim, route, skipped.outdated);
  const values = parseInput(pipeline.name, pipeline.input, given);
  const rollout = rolloutOf(factsOf(route.pipeline, { state: "succeeded", result }, values), values);
  return { state: "succeeded", result, ...(rollout !== undefined && { rollout }) };
}

/** Returns the ending of a run that is out of date. It names the run of today: if its lane has none, whatever was lost, that one takes its place. */
export function skippedEnding(
  claim: Claim,
  route: Route,
  { reason, now, isUnneeded = false }: Outdated,
): Extract<Ending, { state: "skipped" }> {
  const instead = now === undefined ? undefined : tryRun(route, now, claim.configHash);
  return { state: "skipped", reason, outdated: !isUnneeded, ...(instead !== undefined && { instead }) };
}

/** Returns the route that made a run, in the configuration of that time. */
export function routeOf(config: ListenerConfig, { id, route: name }: Pick<Claim, "id" | "route">): Route {
  const route = config.routes.find((each) => each.name === name);
  if (route === undefined) throw new FairleadError("internal", `run ${id}: its configuration has no route ${name}`);
  return route;
}

/** What stands before a run's pipeline. */
interface Before extends Omit<Trigger, "repositoryAt">, Omit<RepositoryWays, "given">, Pick<GateAsk, "decision" | "found"> {
  readonly gate: Route["gate"];
  readonly settings: Pick<OwnSettingsAsk, "listed" | "given">;
}

/**
 * Returns a pipeline that does nothing, and says why, when what it was started for is no longer so, or its repository has not switched it on; and nothing
 * before its gate is open.
 */
function whileCurrent(
  pipeline: Pipeline,
  { credentials, servers, gate, decision, found, settings, ...trigger }: Before,
  skip: (outdated: Outdated) => void,
): Pipeline {
  return {
    ...pipeline,
    async run(ctx, input) {
      const given = repositoriesOf(pipeline.input, input).map(([, each]) => each);
      const ways = { given, credentials, servers };
      const at = (name: string): Repository => repositoryAt(name, ways);
      const { event } = trigger;
      const outdated = await lookAgain(ctx, pipeline, input, { ...trigger, repositoryAt: at });
      const own = outdated ?? (await ownInput(ctx, pipeline, input, { ...settings, event, repositoryAt: at, servers }));
      if (!("input" in own)) {
        skip(own);
        return null;
      }
      if (isGated(gate, event)) assertGatedSource(pipeline, own.input, placeOf(event));
      const closed = isGated(gate, event) ? await passGate(ctx, gate, { event, decision, found, repositoryAt: at }) : undefined;
      if (closed === undefined) return await pipeline.run(ctx, own.input);
      if (closed !== "closed") skip(closed);
      return null;
    },
  };
}
