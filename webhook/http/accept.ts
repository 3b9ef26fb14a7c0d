import { createHash } from "node:crypto";
import { asFairleadError } from "../../src/core/errors.ts";
import type { ListenerConfig } from "../config.ts";
import { mostOf, tooManyRuns, whyTooMuch } from "../delivery-limits.ts";
import { receive, type ReceivedRequest, type Received } from "../receive.ts";
import type { Delivery, KeyFetcher, Receiver } from "../receiver/receiver.ts";
import { routeInTurns, type RouteVerdict, type Routing } from "../routing/route.ts";
import type { Accepted, Store } from "../store.ts";
import { jsonResponse, retryLater, errorResponse, type HttpResponse } from "./response.ts";
import type { OpenSource } from "./open-sources.ts";
import { rerunFailed } from "./redelivery.ts";
import { rerunsOf, rerunTexts } from "./reruns.ts";
import { keptHeaders } from "./kept-headers.ts";

/** The configuration in force, the store, and the fetcher of providers' keys. */
export interface Accepting {
  readonly config: ListenerConfig;
  readonly store: Store;
  readonly fetcher: KeyFetcher;
}

/** The response to a delivery, and its fields in the log. */
export interface Acceptance {
  readonly response: HttpResponse;
  readonly log: Readonly<Record<string, unknown>>;
}

/** Decides on a delivery, stores it with its runs, and only then answers. A delivery that is answered with 202 is done: nobody else keeps it. */
export async function acceptDelivery(
  open: OpenSource,
  request: ReceivedRequest,
  { config, store, fetcher }: Accepting,
): Promise<Acceptance> {
  const { source, endpoint } = open;
  const received = await receive(source.receiver, endpoint, request, fetcher);
  const { delivery: providerId, reason } = received;
  const known = providerId === null || received.outcome === "accepted" ? undefined : await store.known(source.name, providerId);
  if (known !== undefined) return await comesAgain(open, known, store);
  if (received.outcome !== "accepted") return unaccepted(received);
  const routing = await routeWithin(config, open, received);
  if (routing.refused !== null && source.readAgain) return tooMany(routing.refused);
  const { asked, refused: unasked } = rerunsOf(routing.refused === null ? received.events : [], source, config);
  const delivery = { ...newDelivery(open, request, received, routing), ...(asked.length > 0 && { reruns: asked }) };
  const accepted = await store.accept(delivery, routing.runs, paceOf(config));
  if (accepted.duplicate) return await comesAgain(open, accepted, store);
  const reruns = [...unasked, ...(accepted.reruns ?? [])];
  const stored = { delivery: accepted.delivery, runs: [...accepted.runs, ...reruns.flatMap((each) => ("run" in each ? [each.run] : []))] };
  if (routing.refused !== null) return refused(routing.refused, stored);
  const skipped = told("skipped", routing.verdicts);
  const refusals = told("refused", routing.verdicts);
  const again = reruns.length === 0 ? {} : { reruns: rerunTexts(reruns) };
  const log = { ...stored, providerId, events: received.events.map(({ kind }) => kind), ...again, ...skipped, ...refusals };
  const why = refusals.refused === undefined ? {} : { refused: refusals.refused.join("; ") };
  if (stored.runs.length > 0) return { response: jsonResponse(202, { accepted: reason, ...again, ...why, ...stored }), log };
  if (refusals.refused !== undefined) return { response: jsonResponse(202, { ...why, ...skipped, ...stored }), log };
  const ignored = reruns.length === 0 ? "no route takes it" : "no run is made anew";
  return { response: jsonResponse(200, { ignored, ...again, ...skipped, ...stored }), log };
}

/** Runs, or the reason for which a delivery is beyond the limits and there are none. */
type Limited = Routing & { readonly refused: string | null };

async function routeWithin(config: ListenerConfig, { source }: OpenSource, { events, body }: Received): Promise<Limited> {
  const why = whyTooMuch(events, config.limits, source.readAgain);
  if (why !== undefined) return { runs: [], verdicts: [], refused: why };
  const routing = await routeInTurns(config, source.name, events, mostOf(config.limits, source.readAgain).runs, body);
  if (routing === undefined) return { runs: [], verdicts: [], refused: tooManyRuns(config.limits, source.readAgain) };
  return { ...routing, refused: null };
}

/** Of a delivery beyond the limits the body alone is kept: it is read again when somebody has it sent again. */
function newDelivery(
  { source }: OpenSource,
  request: ReceivedRequest,
  received: Received,
  { refused }: Limited,
): Parameters<Store["accept"]>[0] {
  const { delivery: providerId, body, events } = received;
  const headers = keptHeaders(source.receiver, request.headers);
  return {
    ...{ source: source.name, providerId, headers, body, refused },
    events: refused === null ? events : [],
    content: contentOf(source.receiver, { ...request, body }),
    proven: !source.readAgain,
  };
}

/** What is not proven does not count: it could be changed, and the rest sent again. */
function contentOf(receiver: Receiver, delivery: Delivery): string | null {
  if (!receiver.uniqueBodies) return null;
  const proven = receiver.proven?.(delivery) ?? delivery.body;
  return createHash("sha256").update(proven).digest("hex");
}

function paceOf({ limits: { queued, rate } }: ListenerConfig): Parameters<Store["accept"]>[2] {
  return { queued, interval: Math.ceil(60_000 / rate) };
}

/** A provider that proves nothing mutes a hook that fails, and whoever knows the address may send anything: nothing is kept. */
function tooMany(why: string): Acceptance {
  return { response: jsonResponse(200, { ignored: "too many" }), log: { ignored: `too many: ${why}` } };
}

function refused(why: string, stored: Pick<Accepted, "delivery" | "runs">): Acceptance {
  return { response: jsonResponse(202, { refused: why, ...stored }), log: { ...stored, refused: [why] } };
}

/** Reasons that one answer, and one line of the log, tells. */
const mostReasons = 20;

/** Returns why routes have skipped, or refused, what they are for; nothing where none has. */
function told(outcome: "skipped" | "refused", verdicts: readonly RouteVerdict[]): Readonly<Record<string, readonly string[]>> {
  const all = verdicts.flatMap((each) => (each.outcome === outcome ? [`${each.route}: ${each.why}`] : []));
  if (all.length === 0) return {};
  return { [outcome]: all.length > mostReasons ? [...all.slice(0, mostReasons), `and ${all.length - mostReasons} more`] : all };
}

/** Returns the response to a delivery that could not be decided on or stored: the provider is to send it again. */
export function notAccepted(error: unknown): Acceptance {
  const failure = asFairleadError(error);
  const log = { error: failure.message, code: failure.code };
  const response =
    failure.code === "unavailable"
      ? retryLater("it cannot be stored now")
      : errorResponse(500, "it was not accepted: see the listener's log");
  return { response, log };
}

/** What comes again is a duplicate, unless its source repeats failed runs, as whoever presses "Redeliver" expects. */
async function comesAgain({ source }: OpenSource, accepted: Accepted, store: Store): Promise<Acceptance> {
  const runs = source.redelivery === "rerun-failed" ? await rerunFailed(accepted, store) : [];
  if (runs.length === 0) return duplicate(accepted);
  const repeated = { delivery: accepted.delivery, runs };
  return { response: jsonResponse(202, { accepted: "its failed runs are repeated", ...repeated }), log: { repeated } };
}

function duplicate({ delivery, runs }: Accepted): Acceptance {
  return { response: jsonResponse(200, { duplicate: delivery, runs }), log: { duplicate: delivery } };
}

function unaccepted({ status, outcome, reason }: Received): Acceptance {
  if (outcome === "ignored")
    return { response: jsonResponse(status, reason === "ping" ? { pong: true } : { ignored: reason }), log: { ignored: reason } };
  const response = status === 503 ? retryLater(reason) : errorResponse(status, reason, { close: status === 413 || status === 405 });
  return { response, log: { rejected: reason } };
}
