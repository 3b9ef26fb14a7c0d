import type { KnownBlock, MrkdwnElement, PlainTextElement } from "#sdk/@slack/web-api";
import { formatMessage, formatTitle, type Message } from "../../core/notify/notifier.ts";
import { cut, pieces } from "../../core/text/cut.ts";

/** Limits of https://docs.slack.dev/reference/block-kit/blocks, in characters and items, and of what is readable as `text`. */
const limits = { text: 4_000, header: 150, section: 3_000, field: 2_000, fields: 10, blocks: 50 };
/**
 * The characters of all blocks, and how many of them fields have: Slack answers `msg_blocks_too_long` for more than some 13,200, which it documents nowhere.
 * https://github.com/slackapi/bolt-js/issues/2509
 */
const room = { all: 12_000, fields: 8_000, shortestField: 100, shortestBody: 3_000 };

/**
 * Returns the message as Slack's blocks: its title, the rest of a long one, its link, and its fields, two of them in a row. What does not fit into a message
 * is cut.
 */
export function toBlocks(message: Message): KnownBlock[] {
  const { header, body } = splitTitle(formatTitle(message).trim());
  const link: KnownBlock[] = message.link === undefined ? [] : [{ type: "section", text: toLink(message.link) }];
  const below = [...link, ...toFields(message.fields)].slice(0, limits.blocks / 2);
  const left = Math.max(room.all - JSON.stringify(below).length, room.shortestBody);
  const sections: KnownBlock[] = pieces(cut(body, left), limits.section).map((text) => ({
    type: "section",
    text: plain(text, limits.section),
  }));
  return [{ type: "header", text: plain(header, limits.header) } satisfies KnownBlock, ...sections, ...below];
}

/** A header is one short line. What does not fit in it is below: the other lines, or all of them where even the first is too long. */
function splitTitle(title: string): { readonly header: string; readonly body: string } {
  const [first = "", ...others] = title.split("\n");
  return { header: first === "" ? "…" : first, body: first.length <= limits.header ? others.join("\n") : title };
}

function toFields(fields: Message["fields"]): KnownBlock[] {
  const limit = Math.min(limits.field, Math.max(Math.floor(room.fields / fields.length), room.shortestField));
  const sections: KnownBlock[] = [];
  for (let at = 0; at < fields.length; at += limits.fields) {
    sections.push({ type: "section", fields: fields.slice(at, at + limits.fields).map((field) => toField(field, limit)) });
  }
  return sections;
}

/** Returns the message as one text: what notifications show, and readers of the screen say. */
export function toText(message: Message): string {
  return escape(cut(formatMessage(message), limits.text));
}

/** Returns text that Slack shows as it is: no link, no mention. https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Text that is shown verbatim has no links but those that are written as such. */
const page = /^https?:\/\/[^\s<>|]+$/;

function toField({ name, value }: Message["fields"][number], limit: number): MrkdwnElement | PlainTextElement {
  const shown = escape(value);
  const text = `*${escape(name)}*\n${page.test(value) ? `<${shown}>` : shown}`;
  // A cut through a link or an escaped character would show what is neither.
  return text.length <= limit ? { type: "mrkdwn", text, verbatim: true } : plain(`${name}\n${value}`, limit);
}

/** A link is written whole or not at all: one that is cut leads elsewhere. */
function toLink({ name, url }: NonNullable<Message["link"]>): MrkdwnElement | PlainTextElement {
  const text = `<${escape(url)}|${escape(name).replaceAll("|", "¦").replaceAll("\n", " ")}>`;
  if (page.test(url) && name !== "" && text.length <= limits.section) return { type: "mrkdwn", text, verbatim: true };
  return plain(`${name}\n${url}`, limits.section);
}

function plain(text: string, limit: number): PlainTextElement {
  return { type: "plain_text", text: cut(text, limit), emoji: false };
}
