import { setImmediate as nextTurn } from "node:timers/promises";
import { asFairleadError, FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { Secret } from "../../src/core/secret.ts";
import type { ListenerConfig, Route } from "../config.ts";
import { fillInput } from "../config/fill.ts";
import { newReports } from "../config/reports.ts";
import { secretsOf } from "../config/with.ts";
import { matchEvent } from "./match.ts";
import type { NewRun } from "../store.ts";
import { factsOf, whyUnwanted } from "./push-filter.ts";
import { fillEventTemplate, parseEventTemplate } from "./template.ts";

/** The decision of one route on one event. */
export type RouteVerdict =
  | { readonly event: number; readonly route: string; readonly outcome: "run" }
  /** The route is not for it. */
  | { readonly event: number; readonly route: string; readonly outcome: "passed"; readonly why: string }
  /** The route is for such events, but for none with what this one holds: what is reported of its commit is that nothing is to be done. */
  | { readonly event: number; readonly route: string; readonly outcome: "skipped"; readonly why: string }
  /** The route is for it, but its values cannot be what the pipeline is given: nothing is run. */
  | { readonly event: number; readonly route: string; readonly outcome: "refused"; readonly why: string };

/** The runs that a delivery makes, and the decisions of all routes. */
export interface Routing {
  /** In the order of the events, then of the routes. */
  readonly runs: readonly NewRun[];
  /** One for each event and route of the source. `event` is its place in the delivery, from 0. */
  readonly verdicts: readonly RouteVerdict[];
}

/** Characters of a lane at most: it is the key of an index in every store. */
const longestLane = 1000;

/** Returns the runs that a source's events make, and what each route says of each. `body` is that of their delivery. Pure. */
export function routeEvents(config: ListenerConfig, source: string, events: readonly Event[], body: Uint8Array = nothing): Routing {
  const tried = [...tries(config, source, events, body)];
  return { runs: tried.flatMap(({ run }) => run ?? []), verdicts: tried.map(({ verdict }) => verdict) };
}

const nothing = new Uint8Array();

/** Events and routes that are tried in one turn of the event loop: whatever else waits goes on between. */
const turn = 100;

/** Does the same some at a time. Undefined: there are more than `most` runs, and it was not looked further. */
export async function routeInTurns(
  config: ListenerConfig,
  source: string,
  events: readonly Event[],
  most: number,
  body: Uint8Array = nothing,
): Promise<Routing | undefined> {
  const runs: NewRun[] = [];
  const verdicts: RouteVerdict[] = [];
  for (const { verdict, run } of tries(config, source, events, body)) {
    verdicts.push(verdict);
    if (run !== undefined) runs.push(run);
    if (runs.length > most) return undefined;
    if (verdicts.length % turn === 0) await nextTurn();
  }
  return { runs, verdicts };
}

interface Try {
  readonly verdict: RouteVerdict;
  readonly run?: NewRun;
}

function* tries(config: ListenerConfig, source: string, events: readonly Event[], body: Uint8Array): Generator<Try> {
  const routes = config.routes.filter(({ when }) => when.source === source);
  const facts = factsOf(body, routes.map(({ filter }) => filter)); // prettier-ignore
  for (const [index, event] of events.entries()) {
    for (const route of routes) yield tryRoute(route, event, { index, facts, configHash: config.hash });
  }
}

interface Tried {
  readonly index: number;
  readonly facts: ReturnType<typeof factsOf>;
  readonly configHash: string;
}

function tryRoute(route: Route, event: Event, { index, facts, configHash }: Tried): Try {
  const about = { event: index, route: route.name };
  const matched = matchEvent(route.when, event);
  if ("why" in matched) return { verdict: { ...about, outcome: "passed", why: matched.why } };
  const unwanted = whyUnwanted(route.filter, event, facts);
  if (unwanted !== undefined) return { verdict: { ...about, outcome: "skipped", why: unwanted } };
  const made = runOrWhy(route, matched.event, configHash);
  if ("why" in made) return { verdict: { ...about, outcome: "refused", why: made.why } };
  return { verdict: { ...about, outcome: "run" }, run: made.run };
}

function runOrWhy(route: Route, event: Event, configHash: string): { readonly run: NewRun } | { readonly why: string } {
  try {
    return { run: makeRun(route, event, configHash) };
  } catch (error) {
    const failure = asFairleadError(error);
    if (failure.code !== "input") throw failure;
    return { why: failure.message };
  }
}

/** Tells whether a route takes an event, by its conditions and what the event alone says. */
export function takes({ when, filter }: Pick<Route, "when" | "filter">, event: Event): boolean {
  return "event" in matchEvent(when, event) && whyUnwanted(filter, event, () => undefined) === undefined;
}

/** Returns the run that a route makes of an event which it takes; undefined where the event's values cannot be what the pipeline is given. */
export function tryRun(route: Route, event: Event, configHash: string): NewRun | undefined {
  const made = runOrWhy(route, event, configHash);
  return "run" in made ? made.run : undefined;
}

/**
 * Returns what a run's pipeline is given: its stored input, and the secrets of its route, made of their references by `open`. `route` is that of
 * the configuration which made the run: no reference is ever in the store.
 */
export function openInput(
  route: Route,
  input: Readonly<Record<string, unknown>>,
  open: (reference: string, name: string) => Secret,
): Readonly<Record<string, unknown>> {
  const { waitForImage } = route;
  return { ...(waitForImage !== undefined && { waitForImage }), ...input, ...secretsOf(route.pipeline, route.with, open) };
}

function makeRun(route: Route, event: Event, configHash: string): NewRun {
  const { name, pipeline, policy, cancelRunning, maxAttempts, timeoutMilliseconds } = route;
  const reports = newReports(route.reports, event);
  return {
    pipeline: pipeline.name,
    route: name,
    policy,
    cancelRunning,
    event,
    configHash,
    maxAttempts,
    timeoutMilliseconds,
    lane: laneAt(route, event),
    input: fillInput(pipeline, route.with, event),
    ...(reports !== undefined && { reports }),
  };
}

function laneAt(route: Route, event: Event): string {
  const lane = fillEventTemplate(parseEventTemplate(route.lane), event);

  if (lane.length > longestLane || /[\x00-\x1f\x7f]/.test(lane))
    throw new FairleadError("input", "its lane would be no line of text, or too long");
  return lane;
}
