import { asFairleadError } from "../../src/core/errors.ts";
import type { ListenerConfig } from "../config.ts";
import { receive, type ReceivedRequest, type Received } from "../receive.ts";
import type { KeyFetcher } from "../receiver/receiver.ts";
import { routeEvents, type RouteVerdict } from "../routing/route.ts";
import type { Accepted, Store } from "../store.ts";
import { jsonResponse, retryLater, errorResponse, type HttpResponse } from "./response.ts";
import type { OpenSource } from "./open-sources.ts";
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
  { source, endpoint }: OpenSource,
  request: ReceivedRequest,
  { config, store, fetcher }: Accepting,
): Promise<Acceptance> {
  const received = await receive(source.receiver, endpoint, request, fetcher);
  const { delivery: providerId, events, reason } = received;
  const known = providerId === null || received.outcome === "accepted" ? undefined : await store.known(source.name, providerId);
  if (known !== undefined) return duplicate(known);
  if (received.outcome !== "accepted") return unaccepted(received);
  const { runs, verdicts } = routeEvents(config, source.name, events);
  const body = request.body ?? new Uint8Array();
  const headers = keptHeaders(source.receiver, request.headers);
  const accepted = await store.accept({ source: source.name, providerId, headers, body, events }, runs);
  if (accepted.duplicate) return duplicate(accepted);
  const stored = { delivery: accepted.delivery, runs: accepted.runs };
  const log = { ...stored, providerId, events: events.map(({ kind }) => kind), ...refusedBy(verdicts) };
  if (stored.runs.length === 0) return { response: jsonResponse(200, { ignored: "no route takes it", ...stored }), log };
  return { response: jsonResponse(202, { accepted: reason, ...stored }), log };
}

function refusedBy(verdicts: readonly RouteVerdict[]): { readonly refused?: readonly string[] } {
  const refused = verdicts.flatMap((each) => (each.outcome === "refused" ? [`${each.route}: ${each.why}`] : []));
  return refused.length === 0 ? {} : { refused };
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

function duplicate({ delivery, runs }: Accepted): Acceptance {
  return { response: jsonResponse(200, { duplicate: delivery, runs }), log: { duplicate: delivery } };
}

function unaccepted({ status, outcome, reason }: Received): Acceptance {
  if (outcome === "ignored")
    return { response: jsonResponse(status, reason === "ping" ? { pong: true } : { ignored: reason }), log: { ignored: reason } };
  const response = status === 503 ? retryLater(reason) : errorResponse(status, reason, { close: status === 413 || status === 405 });
  return { response, log: { rejected: reason } };
}
