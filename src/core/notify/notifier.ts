import type { Message } from "./message.ts";

/** Where a message is: enough to find it again. */
export interface Posted {
  readonly channel: string;
  readonly id: string;
}

/** What looking back found: where an equal message is, that there is none, or why that cannot be told. */
export type Found = { readonly posted: Posted } | "none" | { readonly unknown: string };

/** The port to a place where people read. Throws `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface Notifier {
  readonly name: string;
  /** Looks for a message with the same key, as far back as a repeated run would be. */
  find(channel: string, message: Message): Promise<Found>;
  post(channel: string, message: Message): Promise<Posted>;
}
