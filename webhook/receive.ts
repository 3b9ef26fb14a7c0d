import type { Event } from "../src/core/event.ts";
import { FairleadError } from "../src/core/errors.ts";
import { cutMessages } from "./delivery-limits.ts";
import { mediaType } from "./receiver/headers.ts";
import { withReverts } from "./receiver/reverts.ts";
import type { AskedKinds, Delivery, Endpoint, EventBody, KeyFetcher, Opening, Proving, Receiver, Verified } from "./receiver/receiver.ts";
import type { StoredDelivery } from "./store.ts";

/** One HTTP request to an endpoint, whose body is not read yet. */
export interface ReceivedRequest extends Opening {
  readonly method: string;
  readonly body: BodySource;
}

/**
 * Reads a body to its end and returns its pieces, each of which `see` is given as it comes. Without `see` nothing of it is kept. "too-large": it is
 * more than `limit` bytes, and nobody has read it to its end. "busy": too much is being received.
 */
export type BodySource = (
  limit: number,
  see: ((piece: Uint8Array) => void) | undefined,
) => Promise<readonly Uint8Array[] | "too-large" | "busy">;

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
  /** The body of an accepted delivery, as it was sent; else empty. */
  readonly body: Uint8Array;
}

/**
 * Decides on one request: method, size, content type, proof, and only then its content. The proof is made while the body is read: what the headers
 * alone show to be unproven is not kept. Asks nobody but the `fetcher` of the receiver, and stores nothing. Throws only bugs, and what `body` throws.
 */
export async function receive<Options>(
  receiver: Receiver<Options>,
  endpoint: Endpoint<Options>,
  { method, headers, body, receivedAt }: ReceivedRequest,
  fetcher: KeyFetcher,
): Promise<Received> {
  if (method !== "POST") return rejected(405, "method is not POST");
  const isTyped = receiver.contentTypes(endpoint.options).includes(mediaType(headers));
  const proving = isTyped ? receiver.prove({ headers, receivedAt }, endpoint, fetcher) : undefined;
  const pieces = await body(receiver.limit, proving && ((piece) => proving.update(piece)));
  if (pieces === "too-large") return rejected(413, "body is too large");
  if (pieces === "busy") return rejected(503, "too much is being received");
  if (!isTyped) return rejected(415, "unsupported content type");
  try {
    if (!(await isProven(proving))) return rejected(401, unproven);
    const verified = { headers, receivedAt, body: joined(pieces) } as Verified;
    return await read(receiver, verified, endpoint, fetcher);
  } catch (error) {
    if (error instanceof FairleadError) return rejected(503, error.message);
    throw error;
  }
}

/** Returns a source of a body that is at hand. */
export function wholeBody(bytes: Uint8Array): BodySource {
  return (limit, see) => {
    if (bytes.length > limit) return Promise.resolve("too-large");
    see?.(bytes);
    return Promise.resolve(see === undefined ? [] : [bytes]);
  };
}

/** The same for every failed proof, so that an answer tells nothing about what was wrong with it. */
const unproven = "no valid proof of the sender";

async function isProven(proving: Proving | undefined): Promise<boolean> {
  return proving !== undefined && (await proving.proven());
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

async function read<Options>(
  receiver: Receiver<Options>,
  delivery: Verified,
  { options, asked = none }: Endpoint<Options>,
  fetcher: KeyFetcher,
): Promise<Received> {
  let id: string | null = null;
  try {
    id = receiver.deliveryId(delivery, options);
    const parsed = receiver.parse(delivery, options, asked);
    if ("ignored" in parsed) {
      await receiver.confirm?.(delivery, options, fetcher);
      return { status: 200, outcome: "ignored", reason: parsed.ignored, delivery: id, events: [], body: nothing };
    }
    const events = eventsOf(receiver, id, withReverts(parsed.events, delivery.body));
    return { status: 202, outcome: "accepted", reason: "verified and understood", delivery: id, events, body: delivery.body };
  } catch (error) {
    if (error instanceof FairleadError && error.code === "input") return { ...rejected(400, error.message), delivery: id };
    throw error;
  }
}

/** Returns the events of a stored delivery, which was proven when it came. Throws `input` when it is malformed. */
export function readStored<Options>(
  receiver: Receiver<Options>,
  { options, asked = none }: Pick<Endpoint<Options>, "options" | "asked">,
  { headers, body, receivedAt }: Pick<StoredDelivery, "headers" | "body" | "receivedAt">,
): readonly Event[] {
  const delivery = { headers: new Map(Object.entries(headers)), body, receivedAt } as Delivery as Verified;
  const parsed = receiver.parse(delivery, options, asked);
  return "ignored" in parsed ? [] : eventsOf(receiver, receiver.deliveryId(delivery, options), withReverts(parsed.events, body));
}

function eventsOf({ name }: Pick<Receiver, "name">, delivery: string | null, events: readonly EventBody[]): readonly Event[] {
  return events.map((each) => cutMessages({ source: name, delivery, ...each }));
}

const none: AskedKinds = new Set();

const nothing = new Uint8Array();

function rejected(status: 400 | 401 | 405 | 413 | 415 | 503, reason: string): Received {
  return { status, outcome: "rejected", reason, delivery: null, events: [], body: nothing };
}
