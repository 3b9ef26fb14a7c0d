import { asFairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { Path } from "../../src/config/document.ts";
import { meant, type Problem } from "../../src/config/problem.ts";
import { eventFields, isMapping, partsOf } from "../routing/event-fields.ts";
import { eventFieldsIn, parseEventTemplate, type EventField, type TemplatePart } from "../routing/template.ts";

/** Returns what is wrong with a text that may name fields of an event; `kind` is undefined where it is not known which. */
export function checkText(path: Path, text: string, kind: Event["kind"] | undefined): readonly Problem[] {
  const parts = readTemplate(text);
  if (typeof parts === "string") return [{ path, message: parts }];
  if (kind === undefined) return [];
  return eventFieldsIn(parts).flatMap((field) => checkField(field, kind).map((message) => ({ path, message })));
}

function checkField({ field, name }: EventField, kind: Event["kind"]): readonly string[] {
  const known = eventFields(kind);
  if (!known.includes(field)) return [`an event of kind ${kind} has no field "${field}"${meant(field, known)}`];
  const mapping = isMapping(kind, field);
  if (mapping && name === undefined) return [`"${field}" holds several values: name one, as event.${field}.NAME`];
  const hasPart = name === undefined || mapping || partsOf(field).includes(name);
  return hasPart ? [] : [`"${field}" is one value, and has no "${name}"${meant(name, partsOf(field))}`];
}

/** Returns the parts of a text, or what is wrong with it. */
export function readTemplate(text: string): readonly TemplatePart[] | string {
  try {
    return parseEventTemplate(text);
  } catch (error) {
    return asFairleadError(error).message;
  }
}
