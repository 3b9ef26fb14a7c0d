import type { Event } from "../../src/core/event.ts";
import type { When } from "../config/when.ts";
import { conditionsOf } from "./event-kinds.ts";

/**
 * Returns the event as the route sees it, with the repository or image spelled as the route spells it, or why it does not take it. A pull request
 * from a fork is never taken: what it holds may be anybody's, and no route can ask for it.
 */
export function matchEvent(when: When, event: Event): { readonly event: Event } | { readonly why: string } {
  if (event.kind !== when.kind) return { why: `kind is ${event.kind}, not ${when.kind}` };
  if (event.kind === "pull-request" && event.fork) return { why: "the pull request comes from a fork" };
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

function spell(wanted: unknown): string {
  const list = [wanted].flat().map(String);
  return list.length === 1 ? `not ${list.join()}` : `none of ${list.join(", ")}`;
}
