import type { Event } from "../../src/core/event.ts";
import { FairleadError } from "../../src/core/errors.ts";
import { filterNames, filters } from "../../src/core/text/filters.ts";
import { meantName } from "../../src/core/text/suggest.ts";
import { splitTemplate } from "../../src/core/text/template.ts";

/** A field of the event; of a mapping, the value under one of its names; of a repository, its own name or its owner. */
export interface EventField {
  readonly field: string;
  readonly name?: string | undefined;
  /** The names of the filters through which the value goes, in their order. */
  readonly filters?: readonly string[];
}

/** Text as it was written, or a field of the event. */
export type TemplatePart = { readonly text: string } | EventField;

/**
 * Returns the parts of a text in which `${{ event.FIELD }}`, or `${{ event.FIELD.NAME }}` of a mapping, stands for a value of the event, and
 * `${{ event.FIELD | FILTER }}` for what filters make of it. Throws `input` for anything else between `${{` and `}}`.
 */
export function parseEventTemplate(text: string): readonly TemplatePart[] {
  return splitTemplate(text).map((part): TemplatePart => {
    if ("text" in part) return part;
    const [path = "", ...through] = part.name.split("|").map((each) => each.trim());
    const [, field, name] = /^event\.([A-Za-z]+)(?:\.([\w-]+))?$/.exec(path) ?? [];
    if (field === undefined) throw new FairleadError("input", "expected ${{ event.FIELD }}, and nothing else between the braces");
    for (const filter of through) assertFilter(filter);
    return through.length === 0 ? { field, name } : { field, name, filters: through };
  });
}

function assertFilter(name: string): void {
  if (filterNames.includes(name)) return;
  throw new FairleadError("input", `there is no filter "${name}": ${meantName(name, filterNames)}`);
}

/** Returns the fields of the event that a text names. */
export function eventFieldsIn(parts: readonly TemplatePart[]): readonly EventField[] {
  return parts.flatMap((part) => ("field" in part ? [part] : []));
}

/**
 * Returns the text with the event's values. They are data: what they hold is not read again. Throws `input` for a value that the event does
 * not have, and for one that is no text that could be stored.
 */
export function fillEventTemplate(parts: readonly TemplatePart[], event: Event): string {
  return parts.map((part) => ("text" in part ? part.text : valueOf(event, part))).join("");
}

function valueOf(event: Event, { field, name, filters: through = [] }: EventField): string {
  const path = name === undefined ? field : `${field}.${name}`;
  const whole = ownValue(event, field);
  const value = name === undefined ? whole : field === "repository" ? partOf(whole, name) : ownValue(whole, name);
  if (value === undefined || value === null) throw new FairleadError("input", `the event has no ${path}`);
  const text = textOf(value);
  if (text === undefined || text.includes("\0") || !text.isWellFormed()) throw new FairleadError("input", `event.${path} is not text`);
  const filtered = through.reduce((value, filter) => filters[filter]!(value), text);
  if (filtered === "" && text !== "") throw new FairleadError("input", `nothing is left of event.${path} by ${through.join(", ")}`);
  if (Buffer.byteLength(filtered) > longest) throw new FairleadError("input", `event.${path} is longer than ${longest} bytes`);
  return filtered;
}

/** Returns the `name`, or the `owner`, of a repository `host/owner/name`. */
function partOf(repository: unknown, part: string): string | undefined {
  const names = typeof repository === "string" ? repository.split("/") : [];
  return part === "name" ? names.at(-1) : part === "owner" ? names.slice(1, -1).join("/") : undefined;
}

/** Bytes that one value may have. */
const longest = 4096;

/** Returns a value as text: a list is joined by commas. Undefined for a mapping. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? value.join(",") : undefined;
}

function ownValue(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null && Object.hasOwn(of, name) ? (of as Readonly<Record<string, unknown>>)[name] : undefined;
}
