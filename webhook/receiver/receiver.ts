import type { z } from "zod";
import type { Event } from "../../src/core/event.ts";

/** An HTTP request that a source has begun to send, before its body. */
export interface Opening {
  /** Those that the receiver names, by their names in lower case; of a header that was sent twice, nothing is here. */
  readonly headers: ReadonlyMap<string, string>;
  /** The time of its arrival, which is the receiver's present. */
  readonly receivedAt: Date;
}

/** One HTTP request that a source has sent, before anything of it is believed. */
export interface Delivery extends Opening {
  /** As it was sent, byte for byte. */
  readonly body: Uint8Array;
}

/** A proof that is under way while the body is read. Nothing of a body is parsed before it is proven, but where the signature is in it (SNS). */
export interface Proving {
  /** Takes the next piece of the body. */
  update(piece: Uint8Array): void;
  /**
   * Tells, after the last piece, whether the sender has proven who it is. Comparisons take constant time. Throws `unavailable` when a key that the
   * proof needs is out of reach.
   */
  proven(): Promise<boolean>;
}

declare const verified: unique symbol;

/** A delivery whose sender has proven who it is. `receive` alone makes one, so that nothing else is parsed. */
export type Verified = Delivery & { readonly [verified]: true };

/** The kinds of events that a route of a source names. */
export type AskedKinds = ReadonlySet<Event["kind"]>;

/** The secrets and options of a source. Each secret is the content of its file; several are valid at once while one replaces another. */
export interface Endpoint<Options> {
  readonly secrets: readonly Uint8Array[];
  readonly options: Options;
  /** The kinds of events that somebody asks of the source by name (default: none). */
  readonly asked?: AskedKinds;
}

/**
 * The kind of proof: a `secret` that both sides have; a signature of the `provider`, by a key that it publishes; or only the unguessable `path`, so
 * that an event is verified against the registry or Git before anything is done.
 */
export type Proof = "secret" | "provider" | "path";

type WithoutOrigin<E> = E extends Event ? Omit<E, "source" | "delivery"> : never;

/** An event without its origin. */
export type EventBody = WithoutOrigin<Event>;

/** The events of a verified delivery, at least one, or the reason to ignore it. */
export type Parsed = { readonly events: readonly EventBody[] } | { readonly ignored: string };

/** A kind of source. It holds no state, and asks for nothing but the keys that its proof needs. */
export interface Receiver<Options = unknown> {
  /** The name of the kind, which its events bear as their `source`. */
  readonly name: string;
  /** The kinds of events that it makes. */
  readonly events: readonly Event["kind"][];
  /** The kinds that it makes beside these where a route of its source names them: else their deliveries are ignored (default: none). */
  readonly onRequest?: readonly Event["kind"][];
  /** Its pushes say who has pushed: see `readPushFacts` (default: false). */
  readonly namesAuthor?: boolean;
  /** Names, in lower case, of the headers that are stored of a delivery: those that say what it is. None may hold a secret or a proof. */
  readonly headers: readonly string[];
  /** Names, in lower case, of the headers that prove a delivery: they are read, and never stored. */
  readonly proofHeaders: readonly string[];
  /**
   * The same body is never sent for another happening, and the proof covers it and not the id: then the same body under another id is a repetition.
   */
  readonly uniqueBodies: boolean;
  /** Returns the part of a body that the proof covers, where that is not the whole: what is around it may be anybody's. */
  proven?(delivery: Delivery): Uint8Array;
  readonly docs: ReceiverDocs;
  /** What a program of the provider's own kind, such as an App, asks to be sent for each kind of events (default: it has none). */
  readonly subscriptions?: Subscriptions;
  /** Bytes of the largest body that it takes. */
  readonly limit: number;
  /** The schema of a source's `options`. */
  readonly options: z.ZodType<Options>;
  /** Returns media types without parameters, in lower case. */
  contentTypes(options: Options): readonly string[];
  /** Returns the kind of proof that a source's requests have. */
  proof(endpoint: Endpoint<Options>): Proof;
  /** Begins the proof of a delivery, over its headers and its raw bytes. Undefined: the headers alone prove nothing, whatever the body is. */
  prove(opening: Opening, endpoint: Endpoint<Options>, fetcher: KeyFetcher): Proving | undefined;
  /** Returns the provider's id of the delivery, which a repetition bears too, or null. Throws `input` when it is in a body that cannot be read. */
  deliveryId(delivery: Verified, options: Options): string | null;
  /** Returns the events of the delivery. Throws `input` when it is malformed. Pure. `asked` has those of `onRequest` that a route names. */
  parse(delivery: Verified, options: Options, asked: AskedKinds): Parsed;
  /** For a source that has to be answered by a request (SNS's `SubscribeURL`): does so for a verified delivery that is no event. */
  confirm?(delivery: Verified, options: Options, fetcher: KeyFetcher): Promise<void>;
}

/** The provider's events that make those of a kind, each with the permission to read that it needs, in the provider's words. */
export type Subscriptions = Readonly<Partial<Record<Event["kind"], readonly { readonly event: string; readonly permission: string }[]>>>;

/** Texts of the documentation on a kind of source, in Markdown. */
export interface ReceiverDocs {
  /** The fields of its configuration that prove its requests. */
  readonly configured: string;
  /** The part of a request that proves it. */
  readonly proof: string;
  /** The settings at the provider. */
  readonly setUp: string;
}

/** Fetches the keys of a provider: a certificate or a key set, from an address that the receiver has found good. */
export interface KeyFetcher {
  /**
   * Returns what an https address answers, at most 1 MiB, without following redirects. Throws `not_found` when its server refuses, `unavailable`
   * when there is no answer.
   */
  get(url: URL): Promise<Uint8Array>;
}
