import { asFairleadError } from "../../src/core/errors.ts";
import type { ListenerConfig } from "../config.ts";
import { receive, type HttpRequest, type Received } from "../receive.ts";
import type { Reach } from "../receiver/receiver.ts";
import { routeEvents } from "../routing/route.ts";
import type { Accepted, Store } from "../store.ts";
import { json, later, refusal, type Answer } from "./answer.ts";
import type { OpenSource } from "./open-sources.ts";
import { keptHeaders } from "./kept-headers.ts";

/** What deliveries are accepted by. */
export interface Accepting {
  readonly config: ListenerConfig;
  readonly store: Store;
  readonly reach: Reach;
}

/** What became of a delivery: the answer, and what is logged of it. */
export interface Outcome {
  readonly answer: Answer;
  readonly log: Readonly<Record<string, unknown>>;
}

/**
 * Decides on a delivery, stores it with its runs, and only then answers. Whatever is answered with 202 is done: nobody else keeps it.
 */
export async function accept(
  { source, endpoint }: OpenSource,
  request: HttpRequest,
  { config, store, reach }: Accepting,
): Promise<Outcome> {
  const received = await receive(source.receiver, endpoint, request, reach);
  const { delivery: providerId, events, reason } = received;
  const known = providerId === null || received.outcome === "accepted" ? undefined : await store.known(source.name, providerId);
  if (known !== undefined) return duplicate(known);
  if (received.outcome !== "accepted") return unaccepted(received);
  const { runs, verdicts } = routeEvents(config, source.name, events);
  const refused = verdicts.flatMap((each) => (each.outcome === "refused" ? [`${each.route}: ${each.why}`] : []));
  const body = request.body ?? new Uint8Array();
  const headers = keptHeaders(source.receiver, request.headers);
  const accepted = await store.accept({ source: source.name, providerId, headers, body, events }, runs);
  if (accepted.duplicate) return duplicate(accepted);
  const told = { delivery: accepted.delivery, runs: accepted.runs };
  const log = { ...told, providerId, events: events.map(({ kind }) => kind), ...(refused.length === 0 ? {} : { refused }) };
  const answer =
    accepted.runs.length === 0 ? json(200, { ignored: "no route takes it", ...told }) : json(202, { accepted: reason, ...told });
  return { answer, log };
}

/** Returns what is answered when a delivery could not be decided on or stored: that it should be sent again. */
export function notAccepted(error: unknown): Outcome {
  const failure = asFairleadError(error);
  const log = { error: failure.message, code: failure.code };
  const answer =
    failure.code === "unavailable" ? later("it cannot be stored now") : refusal(500, "it was not accepted: see the listener's log");
  return { answer, log };
}

function duplicate({ delivery, runs }: Accepted): Outcome {
  return { answer: json(200, { duplicate: delivery, runs }), log: { duplicate: delivery } };
}

function unaccepted({ status, outcome, reason }: Received): Outcome {
  if (outcome === "ignored")
    return { answer: json(status, reason === "ping" ? { pong: true } : { ignored: reason }), log: { ignored: reason } };
  const answer = status === 503 ? later(reason) : refusal(status, reason, { close: status === 413 || status === 405 });
  return { answer, log: { rejected: reason } };
}
