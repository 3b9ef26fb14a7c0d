import type { Found, Message } from "../../core/notify/notifier.ts";

/** The metadata by which a message is found again. https://docs.slack.dev/messaging/message-metadata */
export const eventType = "fairlead_message";

/** Messages of one answer, answers that are read anyway, and the most that are read. Slack advises 200: https://docs.slack.dev/apis/web-api/pagination */
export const page = 200;
const pages = { always: 5, most: 50 };
/** Milliseconds by which Slack's clock may be behind ours. */
const clockMargin = 5 * 60_000;

/** Messages of a channel, the newest first, and the cursor of the next ones; empty after the last. */
export interface Page {
  readonly messages: readonly HistoryMessage[];
  readonly next: string;
}

/** A message, as far as it is looked at. https://docs.slack.dev/reference/methods/conversations.history */
export interface HistoryMessage {
  readonly ts?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: object };
}

/** Looks for the message of a key among the newest 1,000, and then back to `since`. */
export async function findByKey(
  channel: string,
  { key }: Message,
  since: Date | undefined,
  read: (cursor: string | undefined) => Promise<Page>,
): Promise<Found> {
  const from = since === undefined ? Infinity : (since.getTime() - clockMargin) / 1_000;
  let cursor: string | undefined;
  for (let count = 1; count <= pages.most; count++) {
    const { messages, next } = await read(cursor);
    const equal = messages.find((each) => keyOf(each) === key);
    if (equal?.ts !== undefined) return { posted: { channel, id: equal.ts } };
    const reached = Number(messages.at(-1)?.ts ?? 0) < from;
    if (next === "" || (count >= pages.always && reached)) return "none";
    cursor = next;
  }
  return { unknown: `the channel has more than ${page * pages.most} messages since then` };
}

function keyOf({ metadata }: HistoryMessage): unknown {
  const { key } = (metadata?.event_payload ?? {}) as { readonly key?: unknown };
  return metadata?.event_type === eventType ? key : undefined;
}
