import type { Event } from "../src/core/event.ts";
import { FairleadError } from "../src/core/errors.ts";
import { mediaType } from "./receiver/headers.ts";
import type { Endpoint, KeyFetcher, Receiver, Verified } from "./receiver/receiver.ts";

/** One HTTP request to an endpoint. */
export interface ReceivedRequest {
  readonly method: string;
  /** By their names in lower case, as `collectHeaders` returns them. */
  readonly headers: ReadonlyMap<string, string>;
  /** Undefined: larger than the receiver's limit, so that nobody has read it to the end. */
  readonly body: Uint8Array | undefined;
  readonly receivedAt: Date;
}

/** The receiver's decision on a request, before it is known whether it is a duplicate and whether it can be stored. */
export interface Received {
  readonly status: 200 | 202 | 400 | 401 | 405 | 413 | 415 | 503;
  readonly outcome: "accepted" | "ignored" | "rejected";
  /** Says why, in a few words that hold nothing of the request but a host that was found good. */
  readonly reason: string;
  /** The provider's id of a verified delivery. One that was accepted before is a duplicate now, whatever else is here, and even if it is malformed. */
  readonly delivery: string | null;
  /** At least one if it is accepted, else none. */
  readonly events: readonly Event[];
}

/**
 * Decides on one request: method, size, content type, proof, and only then its content. Asks nobody but the `fetcher` of the receiver, and stores
 * nothing. Throws only bugs.
 */
export async function receive<Options>(
  receiver: Receiver<Options>,
  endpoint: Endpoint<Options>,
  { method, headers, body, receivedAt }: ReceivedRequest,
  fetcher: KeyFetcher,
): Promise<Received> {
  if (method !== "POST") return rejected(405, "method is not POST");
  if (body === undefined || body.length > receiver.limit) return rejected(413, "body is too large");
  if (!receiver.contentTypes(endpoint.options).includes(mediaType(headers))) return rejected(415, "unsupported content type");
  try {
    const verified = await receiver.verify({ headers, body, receivedAt }, endpoint, fetcher);
    return verified === undefined ? rejected(401, unproven) : await read(receiver, verified, endpoint.options, fetcher);
  } catch (error) {
    if (error instanceof FairleadError) return rejected(503, error.message);
    throw error;
  }
}

/** The same for every failed proof, so that an answer tells nothing about what was wrong with it. */
const unproven = "no valid proof of the sender";

async function read<Options>(receiver: Receiver<Options>, delivery: Verified, options: Options, fetcher: KeyFetcher): Promise<Received> {
  let id: string | null = null;
  try {
    id = receiver.deliveryId(delivery, options);
    const parsed = receiver.parse(delivery, options);
    if ("ignored" in parsed) {
      await receiver.confirm?.(delivery, options, fetcher);
      return { status: 200, outcome: "ignored", reason: parsed.ignored, delivery: id, events: [] };
    }
    const events = parsed.events.map((each) => ({ source: receiver.name, delivery: id, ...each }));
    return { status: 202, outcome: "accepted", reason: "verified and understood", delivery: id, events };
  } catch (error) {
    if (error instanceof FairleadError && error.code === "input") return { ...rejected(400, error.message), delivery: id };
    throw error;
  }
}

function rejected(status: 400 | 401 | 405 | 413 | 415 | 503, reason: string): Received {
  return { status, outcome: "rejected", reason, delivery: null, events: [] };
}
