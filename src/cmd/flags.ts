import { z } from "zod";
import { fieldMeta, type Kind } from "../core/run/input.ts";
import type { Flag } from "./flag.ts";

/** Returns the flags of a pipeline's input, one for each field, in the schema's order. */
export function flagsOf(schema: z.ZodObject): readonly Flag[] {
  return Object.entries(schema.shape).map(([field, type]) => flagOf(field, type as z.ZodType));
}

function flagOf(field: string, type: z.ZodType): Flag {
  const { description = "", positional, kind } = fieldMeta(type);
  const { inner, optional, fallback } = unwrap(type);
  return {
    field,
    kind: kind ?? kindOf(field, inner),
    sentence: description,
    required: !optional,
    ...(positional === undefined ? {} : { positional }),
    ...(fallback === undefined ? {} : { fallback }),
    ...(inner instanceof z.ZodEnum ? { choices: inner.options.map(String) } : {}),
  };
}

/** Takes `optional`, `default` and `prefault` off a type, and says what they said. */
function unwrap(type: z.ZodType): { inner: z.ZodType; optional: boolean; fallback?: string } {
  if (type instanceof z.ZodOptional) return { ...unwrap(type.unwrap() as z.ZodType), optional: true };
  if (!(type instanceof z.ZodDefault || type instanceof z.ZodPrefault)) return { inner: type, optional: false };
  const { inner } = unwrap(type.unwrap() as z.ZodType);
  const text = defaultText(type.def.defaultValue);
  return { inner, optional: true, ...(text === "" ? {} : { fallback: text }) };
}

function defaultText(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function kindOf(field: string, type: z.ZodType): Kind {
  if (type instanceof z.ZodString) return "string";
  if (type instanceof z.ZodBoolean) return "boolean";
  if (type instanceof z.ZodNumber) return "int";
  if (type instanceof z.ZodEnum) return "enum";
  if (type instanceof z.ZodArray) return "list";
  throw new TypeError(`field ${field}: no door can spell its type; give it a kind`);
}
