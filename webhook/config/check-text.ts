import { asFairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { Path } from "../../src/config/document.ts";
import { meant, type Problem } from "../../src/config/problem.ts";
import { eventFields } from "../routing/event-fields.ts";
import { fieldsOf, parseTemplate, type TemplatePart } from "../routing/template.ts";

/** Returns what is wrong with a text that may name fields of an event; `kind` is undefined where it is not known which. */
export function checkText(path: Path, text: string, kind: Event["kind"] | undefined): readonly Problem[] {
  const parts = readTemplate(text);
  if (typeof parts === "string") return [{ path, message: parts }];
  if (kind === undefined) return [];
  const known = eventFields(kind);
  return fieldsOf(parts)
    .filter((field) => !known.includes(field))
    .map((field) => ({ path, message: `an event of kind ${kind} has no field "${field}"${meant(field, known)}` }));
}

/** Returns the parts of a text, or what is wrong with it. */
export function readTemplate(text: string): readonly TemplatePart[] | string {
  try {
    return parseTemplate(text);
  } catch (error) {
    return asFairleadError(error).message;
  }
}
