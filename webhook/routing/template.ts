import type { Event } from "../../src/core/event.ts";
import { FairleadError } from "../../src/core/errors.ts";

/** Text as it was written, or the name of a field of the event. */
export type TemplatePart = { readonly text: string } | { readonly field: string };

/**
 * Returns the parts of a text in which `${{ event.FIELD }}` stands for a value of the event. There is nothing else to it: no functions, no
 * operators. Throws `input` for anything else between `${{` and `}}`.
 */
export function parseTemplate(text: string): readonly TemplatePart[] {
  return text.split(/(\$\{\{.*?(?:\}\}|$))/s).flatMap((part): readonly TemplatePart[] => {
    if (!part.startsWith("${{")) return part === "" ? [] : [{ text: part }];
    const [, field] = /^\$\{\{\s*event\.([A-Za-z]+)\s*\}\}$/.exec(part) ?? [];
    if (field === undefined) throw new FairleadError("input", "expected ${{ event.FIELD }}, and nothing else between the braces");
    return [{ field }];
  });
}

/** Returns the fields of the event that a text names. */
export function fieldsOf(parts: readonly TemplatePart[]): readonly string[] {
  return parts.flatMap((part) => ("field" in part ? [part.field] : []));
}

/**
 * Returns the text with the event's values. They are data: what they hold is not read again. Throws `input` for a value that the event does
 * not have, and for one that is no text that could be stored.
 */
export function fillTemplate(parts: readonly TemplatePart[], event: Event): string {
  return parts.map((part) => ("text" in part ? part.text : valueOf(event, part.field))).join("");
}

function valueOf(event: Event, field: string): string {
  const values = event as unknown as Readonly<Record<string, string | number | boolean | null>>;
  const value = Object.hasOwn(event, field) ? values[field] : null;
  if (value === undefined || value === null) throw new FairleadError("input", `the event has no ${field}`);
  const text = String(value);
  if (text.includes("\0") || !text.isWellFormed()) throw new FairleadError("input", `event.${field} is not text`);
  return text;
}
