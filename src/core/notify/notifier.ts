/** What people are told, in our words: each notifier spells it in its own. */
export interface Message {
  /** What makes this message this message: a notifier that can look back does not post it twice. */
  readonly key: string;
  readonly title: string;
  /** Pairs of a name and a value, shown side by side where the notifier can. A value that is a URL can be followed. */
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

/** Returns the message as plain lines: what a dry run shows, and the text behind blocks. */
export function formatMessage(message: Message): string {
  return [message.title, ...message.fields.map(({ name, value }) => `${name}: ${value}`)].join("\n");
}

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
