import type { KnownBlock, MrkdwnElement, PlainTextElement } from "#sdk/@slack/web-api";
import { formatMessage, formatTitle, type Message } from "../../core/notify/notifier.ts";
import { cut } from "../../core/text/cut.ts";

/** Limits of https://docs.slack.dev/reference/block-kit/blocks, in characters and items, and of what is readable as `text`. */
const limits = { text: 4_000, header: 150, section: 3_000, field: 2_000, fields: 10, blocks: 50 };

/** Returns the message as Slack's blocks: its title over its link, and its fields, two of them in a row. What is too long is cut. */
export function toBlocks(message: Message): KnownBlock[] {
  const { fields, link } = message;
  const header: KnownBlock = { type: "header", text: plain(formatTitle(message), limits.header) };
  const sections: KnownBlock[] = link === undefined ? [] : [{ type: "section", text: toLink(link) }];
  for (let at = 0; at < fields.length; at += limits.fields) {
    sections.push({ type: "section", fields: fields.slice(at, at + limits.fields).map(toField) });
  }
  return [header, ...sections].slice(0, limits.blocks);
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

function toField({ name, value }: Message["fields"][number]): MrkdwnElement | PlainTextElement {
  const shown = escape(value);
  const text = `*${escape(name)}*\n${page.test(value) ? `<${shown}>` : shown}`;
  // A cut through a link or an escaped character would show what is neither.
  return text.length <= limits.field ? { type: "mrkdwn", text, verbatim: true } : plain(`${name}\n${value}`, limits.field);
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
