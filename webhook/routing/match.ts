import type { Event } from "../../src/core/event.ts";
import type { When } from "../config/when.ts";
import { matchesGlobs } from "./glob.ts";

/** The conditions that are patterns; the others are values. */
const patterned = new Set(["branch", "tag", "base", "object", "pipeline", "stage"]);

/**
 * Returns the event as the route sees it, with the repository or image spelled as the route spells it, or why it does not take it. A pull request
 * from a fork is never taken: what it holds may be anybody's, and no route can ask for it.
 */
export function matchEvent(when: When, event: Event): { readonly event: Event } | { readonly why: string } {
  if (event.kind !== when.kind) return { why: `kind is ${event.kind}, not ${when.kind}` };
  if (event.kind === "pull-request" && event.fork) return { why: "the pull request comes from a fork" };
  const { source: _source, kind: _kind, ...conditions } = when;
  let matched = event;
  for (const [field, wanted] of Object.entries(conditions)) {
    const value: unknown = event[field as keyof Event];
    const found = fit(field, wanted, value);
    if (found === undefined) return { why: `${field} is ${JSON.stringify(value)}, ${spell(wanted)}` };
    matched = { ...matched, [field]: found };
  }
  return { event: matched };
}

/** Returns the value as the condition has it; undefined where it is another. */
function fit(field: string, wanted: unknown, value: unknown): unknown {
  if (!Array.isArray(wanted)) return wanted === undefined || value === wanted ? value : undefined;
  const list = wanted as readonly string[];
  if (typeof value !== "string") return undefined;
  if (field === "repository") return list.find((each) => foldCase(each) === foldCase(value));
  const fits = patterned.has(field) ? matchesGlobs(list, value) : list.includes(value);
  return fits ? value : undefined;
}

/** Git servers take a repository's name in any case, and people write it so: https://docs.github.com/en/rest/repos/repos#get-a-repository */
function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function spell(wanted: unknown): string {
  const list = [wanted].flat().map(String);
  return list.length === 1 ? `not ${list.join()}` : `none of ${list.join(", ")}`;
}
