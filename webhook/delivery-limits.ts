/** The limits of one delivery: what a sender may ask of us at a time. They are looked at in one place, after its events are read. */
import type { Event } from "../src/core/event.ts";

/** The limits of a delivery, which `limits` of the configuration sets. */
export interface DeliveryLimits {
  readonly events: number;
  readonly runs: number;
  /** Events, and runs, of a delivery that its address alone proves. */
  readonly unproven: number;
  /** Characters of a name, such as a branch. */
  readonly nameLength: number;
}

/** Returns the most events, and the most runs, that a delivery may have. `unproven`: its address alone proves it. */
export function mostOf(
  { events, runs, unproven: most }: DeliveryLimits,
  unproven: boolean,
): { readonly events: number; readonly runs: number } {
  return unproven ? { events: Math.min(events, most), runs: Math.min(runs, most) } : { events, runs };
}

/** Returns why events are beyond the limits; undefined: they are not. How many runs they make is not known yet. */
export function whyTooMuch(events: readonly Event[], limits: DeliveryLimits, unproven: boolean): string | undefined {
  const most = mostOf(limits, unproven).events;
  if (events.length > most) return `it has ${events.length} events, more than ${most}: limits.${unproven ? "unproven" : "events"}`;
  for (const [index, event] of events.entries()) {
    const found = longNameIn(event, limits.nameLength);
    if (found !== undefined) return `${found} of event ${index + 1} is longer than ${limits.nameLength} characters: limits.nameLength`;
  }
  return undefined;
}

/** Returns why a delivery makes too many runs. */
export function tooManyRuns(limits: DeliveryLimits, unproven: boolean): string {
  return `it makes more than ${mostOf(limits, unproven).runs} runs: limits.${unproven ? "unproven" : "runs"}`;
}

/** Texts for people, which are cut; all other texts are names, which are taken as they are or not at all. */
const messages: ReadonlySet<string> = new Set(["message", "text"]);
/** Addresses, which may be as long as a message. */
const addresses: ReadonlySet<string> = new Set(["url"]);
/** Bytes of a message, and characters of an address. */
const longestMessage = 4096;

/** Returns an event whose messages are no longer than 4 KiB of UTF-8. */
export function cutMessages<E extends object>(event: E): E {
  const long = Object.entries(event).filter(([field, value]) => messages.has(field) && typeof value === "string" && isLong(value));
  return long.length === 0 ? event : { ...event, ...Object.fromEntries(long.map(([field, value]) => [field, cut(value as string)])) };
}

function isLong(text: string): boolean {
  return Buffer.byteLength(text) > longestMessage;
}

/** Cuts between two characters. */
function cut(text: string): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(longestMessage)).read);
}

function longNameIn(event: Event, nameLength: number): string | undefined {
  for (const [field, value] of Object.entries(event) as [string, unknown][]) {
    if (messages.has(field)) continue;
    const most = addresses.has(field) ? Math.max(longestMessage, nameLength) : nameLength;
    if ([value].flat().some((each) => typeof each === "string" && each.length > most)) return field;
  }
  return undefined;
}
