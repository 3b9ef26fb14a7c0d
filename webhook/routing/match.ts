import type { Event } from "../../src/core/event.ts";
import type { When } from "../config/when.ts";
import { conditionsOf } from "./event-kinds.ts";

/**
 * Returns the event as the route sees it, with the repository or image spelled as the route spells it, or why it does not take it. What may come from a
 * fork is taken only where the route says so: it may be anybody's.
 */
export function matchEvent(when: When, event: Event): { readonly event: Event } | { readonly why: string } {
  if (event.kind !== when.kind) return { why: `kind is ${event.kind}, not ${when.kind}` };
  if (isOfFork(event) && when.forks !== true)
    return { why: event.kind === "pull-request" ? "the pull request comes from a fork" : "its commit may be a fork's" };
  let matched = event;
  for (const [field, condition] of Object.entries(conditionsOf(when.kind))) {
    const [wanted, value] = [when[field], event[field as keyof Event] as unknown];
    if (wanted === undefined) continue;
    const found = condition.fit(wanted, value);
    if (found === undefined) return { why: `${field} is ${JSON.stringify(value)}, ${spell(wanted)}` };
    matched = { ...matched, [field]: found };
  }
  return { event: matched };
}

/** Tells whether what an event is about may be a fork's, and so anybody's. */
export function isOfFork(event: Event): boolean {
  return "fork" in event && event.fork === true;
}

function spell(wanted: unknown): string {
  const list = [wanted].flat().map(String);
  return list.length === 1 ? `not ${list.join()}` : `none of ${list.join(", ")}`;
}
