// How a result is spelled as an object of Dagger: what the generator declares, and what a function returns.
import { z } from "zod";
import { FairleadError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { bare, outputMeta } from "../core/run/output.ts";

/** Tells whether Dagger has no type for it: any JSON, and texts by any names. It is in the result's `json` alone. */
export function isUnspelled(type: z.ZodType): boolean {
  const inner = bare(type);
  return inner instanceof z.ZodCustom || inner instanceof z.ZodRecord;
}

/**
 * Returns the name of a field in Dagger's object: its own. Dagger keeps `id` for itself: such a field bears the name of its output.
 *
 * @throws FairleadError `input` when it has none
 */
export function objectField(path: string, name: string, type: z.ZodType): string {
  if (name !== "id") return name;
  const { output } = outputMeta(type);
  if (output !== undefined && output !== "id") return output;
  throw new FairleadError("input", `generate ${path}: Dagger keeps this name for itself`, {
    hint: 'give it another name, or an output such as .meta({ output: "message" })',
  });
}

/** Returns a result as Dagger spells it: what is null is left out. */
export function spell(schema: z.ZodType, value: Json): Json {
  const type = bare(schema);
  if (type instanceof z.ZodArray) return (value as readonly Json[]).map((each) => spell(type.element as z.ZodType, each));
  if (!(type instanceof z.ZodObject)) return value;
  const given = value as Readonly<Record<string, Json>>;
  const told = Object.entries(type.shape as Record<string, z.ZodType>).filter(([name, each]) => given[name] !== null && !isUnspelled(each));
  return Object.fromEntries(told.map(([name, each]) => [objectField(name, name, each), spell(each, given[name] ?? null)]));
}
