// What every entry point reads of a schema: the command line makes flags of the fields, the listener YAML, the Dagger module arguments.
import { z } from "zod";
import { FairleadError } from "../errors.ts";
import { fieldMeta } from "./input.ts";
import { isListKind, type Field, type Kind } from "./field.ts";

const known = new WeakMap<z.ZodObject, readonly Field[]>();

/**
 * Returns the fields of an input, in the schema's order. They are read once: each delivery of the listener asks for them.
 *
 * @throws FairleadError `input` with the path of a field whose type no entry point can write
 */
export function fieldsOf(schema: z.ZodObject): readonly Field[] {
  const fields = known.get(schema) ?? Object.entries(schema.shape).map(([name, type]) => fieldOf(name, type as z.ZodType));
  known.set(schema, fields);
  return fields;
}

function fieldOf(name: string, type: z.ZodType): Field {
  const {
    description = "",
    kind: said,
    positional,
    sentences,
    byDefault,
    placeholder,
    group,
    insteadOf,
    excludes,
    namedOnly,
    names,
    opens,
  } = fieldMeta(type);
  const { inner, optional, given } = unwrap(type);
  const kind = said ?? kindOf(name, inner);
  const value = given === undefined ? undefined : defaultOf(name, kind, given);
  return {
    name,
    kind,
    sentence: description,
    ...(sentences === undefined ? {} : { sentences }),
    ...(byDefault === undefined ? {} : { byDefault }),
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(group === undefined && opens === undefined ? {} : { group: group ?? "Credentials" }),
    ...(insteadOf === undefined ? {} : { insteadOf }),
    ...(excludes === undefined ? {} : { excludes }),
    ...(namedOnly === undefined ? {} : { namedOnly }),
    required: !optional,
    ...(positional === undefined ? {} : { positional }),
    ...(value === undefined ? {} : { default: value }),
    ...(inner instanceof z.ZodEnum ? { choices: choicesOf(name, inner) } : names === undefined ? {} : { choices: names }),
  };
}

/** Takes `optional`, `default` and `prefault` off a type, and says what they said. */
function unwrap(type: z.ZodType): { inner: z.ZodType; optional: boolean; given?: unknown } {
  if (type instanceof z.ZodOptional) return { ...unwrap(type.unwrap() as z.ZodType), optional: true };
  if (!(type instanceof z.ZodDefault || type instanceof z.ZodPrefault)) return { inner: type, optional: false };
  return { inner: unwrap(type.unwrap() as z.ZodType).inner, optional: true, given: type.def.defaultValue };
}

function kindOf(path: string, type: z.ZodType): Kind {
  if (type instanceof z.ZodString || type instanceof z.ZodStringFormat) return "string";
  if (type instanceof z.ZodBoolean) return "boolean";
  if (type instanceof z.ZodNumber && type.isInt) return "int";
  if (type instanceof z.ZodEnum) return "enum";
  if (type instanceof z.ZodArray) return listOf(`${path}[]`, type.element as z.ZodType);
  throw unwritable(path, type instanceof z.ZodNumber ? "a number that need not be whole" : `z.${type.def.type}()`);
}

/** A list is of what is written as text. */
function listOf(path: string, element: z.ZodType): Kind {
  const { inner } = unwrap(element);
  const kind = fieldMeta(element).kind ?? kindOf(path, inner);
  if (kind === "string" || kind === "image") return "list";
  throw unwritable(path, `a list of the kind ${kind}`);
}

function choicesOf(path: string, type: z.ZodEnum): readonly string[] {
  const numbers = type.options.filter((option) => typeof option !== "string");
  if (numbers.length === 0) return type.options.map(String);
  throw unwritable(path, `the choice ${numbers.join(", ")}, which is no text`);
}

/** Returns a default as it is written: `default` of zod has what the schema comes to, `prefault` what it takes. */
function defaultOf(path: string, kind: Kind, value: unknown): Field["default"] {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  if (kind === "key-values") return Object.entries(value as Readonly<Record<string, string>>).map(([key, text]) => `${key}=${text}`);
  if (isListKind(kind) && Object.keys(value as object).length === 0) return [];
  throw unwritable(path, `a default of the kind ${kind}, which is no text`);
}

function unwritable(path: string, what: string): FairleadError {
  return new FairleadError("input", `read field ${path}: no entry point can write ${what}`, {
    hint: "give the field a type of src/core/run/input.ts, or a kind by .meta({ kind })",
  });
}
