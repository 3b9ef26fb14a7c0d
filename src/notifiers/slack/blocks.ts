import type { KnownBlock, MrkdwnElement, PlainTextElement } from "#sdk/@slack/web-api";
import { formatMessage, formatTitle, type Message } from "../../core/notify/notifier.ts";
import { cut, pieces } from "../../core/text/cut.ts";

/** Limits of https://docs.slack.dev/reference/block-kit/blocks, in characters and items, and of what is readable as `text`. */
const limits = { text: 4_000, header: 150, section: 3_000, field: 2_000, fields: 10, blocks: 50 };
/**
 * The characters of all blocks, how many of them the texts of fields have, and how many the fields as JSON: Slack answers `msg_blocks_too_long` for more than some 13,200, which it documents nowhere.
 * https://github.com/slackapi/bolt-js/issues/2509
 */
const room = { all: 12_000, fields: 8_000, shownFields: 9_900, shortestField: 100, shortestBody: 3_000 };

/**
 * Returns the message as Slack's blocks: its title, the rest of a long one, its link, and its fields, two of them in a row. What does not fit into a message
 * is cut or left out, and the last block says of how many fields.
 */
export function toBlocks(given: Message): KnownBlock[] {
  const message = wellFormed(given);
  const { header, body } = splitTitle(formatTitle(message).trim());
  const link: KnownBlock[] = message.link === undefined ? [] : [{ type: "section", text: toLink(message.link) }];
  const below = [...link, ...toFields(message.fields)];
  const left = Math.max(room.all - JSON.stringify(below).length, room.shortestBody);
  const sections: KnownBlock[] = pieces(cut(body, left), limits.section).map((text) => ({
    type: "section",
    text: plain(text, limits.section),
  }));
  return [{ type: "header", text: plain(header, limits.header) } satisfies KnownBlock, ...sections, ...below];
}

/** Half of a pair of surrogates is no character, and Slack refuses it: it is replaced. */
function wellFormed({ title, fields, link, ...others }: Message): Message {
  return {
    ...others,
    title: title.toWellFormed(),
    fields: fields.map(({ name, value }) => ({ name: name.toWellFormed(), value: value.toWellFormed() })),
    link: link && { name: link.name.toWellFormed(), url: link.url.toWellFormed() },
  };
}

/** A header is one short line. What does not fit in it is below: the other lines, or all of them where even the first is too long. */
function splitTitle(title: string): { readonly header: string; readonly body: string } {
  const [first = "", ...others] = title.split("\n");
  return { header: first === "" ? "…" : first, body: first.length <= limits.header ? others.join("\n") : title };
}

function toFields(fields: Message["fields"]): KnownBlock[] {
  const limit = Math.min(limits.field, Math.max(Math.floor(room.fields / fields.length), room.shortestField));
  const all = fields.map((field) => toField(field, limit));
  const shown = all.slice(0, fitting(all));
  const sections: KnownBlock[] = [];
  for (let at = 0; at < shown.length; at += limits.fields) {
    sections.push({ type: "section", fields: shown.slice(at, at + limits.fields) });
  }
  const short = shown.filter(({ type }, at) => type === "plain_text" && textOf(fields[at]).length > limit);
  const [cutShort, leftOut] = [counted(short.length, "cut"), counted(all.length - shown.length, "left out")];
  const note = [cutShort, leftOut].filter((each) => each !== "").join(", ");
  return note === "" ? sections : [...sections, { type: "section", text: plain(`(${note})`, limits.section) }];
}

/** Returns how many of the fields fit, beside a link and the note on the others. */
function fitting(all: readonly object[]): number {
  let left = room.shownFields;
  const most = (limits.blocks / 2 - 2) * limits.fields;
  const tooMany = all.findIndex((each, at) => (left -= JSON.stringify(each).length) < 0 || at >= most);
  return tooMany < 0 ? all.length : tooMany;
}

function counted(count: number, what: string): string {
  return count === 0 ? "" : `${count} ${count === 1 ? "field is" : "fields are"} ${what}`;
}

/** Returns the message as one text: what notifications show, and readers of the screen say. */
export function toText(message: Message): string {
  return escape(cut(formatMessage(message).toWellFormed(), limits.text));
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
  return text.length <= limit ? { type: "mrkdwn", text, verbatim: true } : plain(textOf({ name, value }), limit);
}

function textOf(field: Message["fields"][number] | undefined): string {
  return `${field?.name}\n${field?.value}`;
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
