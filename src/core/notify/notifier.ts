import type { z } from "zod";
import type { AdapterKind, AdapterOptions } from "../adapter.ts";
import type { TokenIdentity } from "../token.ts";
import type { Allowed } from "../server-url.ts";

/** A message to people, which each notifier formats in its own way. */
export interface Message {
  /** Deduplication key: a notifier that can look back posts a message with this key once. */
  readonly key: string;
  readonly title: string;
  readonly severity: Severity;
  /** Pairs of a name and a value, shown side by side where the notifier can. A value that is a URL can be followed. */
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  /** The one page that the message is about. */
  readonly link: { readonly name: string; readonly url: string } | undefined;
}

/** The severities of a message, from the least urgent. */
export const severities = ["info", "warning", "error"] as const;
export type Severity = (typeof severities)[number];

/** Returns the message as plain lines: what a dry run shows, and what stands behind a notifier's own form. */
export function formatMessage({ title, severity, fields, link }: Message): string {
  const lines = [...fields, ...(link === undefined ? [] : [{ name: link.name, value: link.url }])];
  return [formatTitle({ title, severity }), ...lines.map(({ name, value }) => `${name}: ${value}`)].join("\n");
}

/** Returns the title with a severity that is not the usual: `Error: 1.4.3 is not out`. Colours alone are not read aloud. */
export function formatTitle({ title, severity }: Pick<Message, "title" | "severity">): string {
  return severity === "info" ? title : `${severity === "warning" ? "Warning" : "Error"}: ${title}`;
}

/** Where a message is: enough to find it again. */
export interface Posted {
  readonly channel: string;
  readonly id: string;
}

/** The result of looking back: the place of an equal message, `none`, or the reason why it is unknown. */
export type Found = { readonly posted: Posted } | "none" | { readonly unknown: string };

/** The port to a place where people read. Throws `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface Notifier {
  /** Looks for a message with the same key, among the newest and as far back as `since`: it was not posted before. */
  find(place: string, message: Message, since?: Date): Promise<Found>;
  post(place: string, message: Message): Promise<Posted>;
  /** Returns who its token is; undefined where there is no token. */
  identity?(): Promise<TokenIdentity | undefined>;
}

/** A kind of notifier. Its token is that of the resource of its name: `credentials.NAME` of fairlead.yaml. */
export interface NotifierKind<S extends z.ZodType = z.ZodType> extends AdapterKind<Notifier, AdapterOptions<Allowed<z.output<S>>>, S> {
  /** The places where it posts: what stands behind the colon of `slack:C0123456789`. */
  readonly destination: {
    /** A place, for help and hints: `C0123456789`. Undefined where there is only one place, which needs no name. */
    readonly example: string | undefined;
    /** Returns the place that a text names; undefined stands for a destination without a colon. Throws `input`. */
    readonly read: (place: string | undefined) => string;
  };
}
