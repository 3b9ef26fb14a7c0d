// What comes of a pipeline, as a schema: what `--json` prints, the object of the Dagger module and the outputs of a GitHub Action are made from it.
import { z } from "zod";
import { FairleadError } from "../errors.ts";
import type { Json } from "../json.ts";

/** The properties of an output's field that the schema cannot hold, for entry points. */
export interface OutputMeta {
  /** The name of the output of a GitHub Action, such as `pull-request`. */
  readonly output?: string;
}

/** Outputs that every pipeline has: what `--json` prints, and in a dry run the plan as text. */
export const commonOutputs = ["result", "dry-run-plan"] as const;

/** Returns the schema of a digest, such as `sha256:1f2e…`. Before a push it says that it is not known yet. */
export function digest(): z.ZodTemplateLiteral<`sha256:${string}`> {
  return z.templateLiteral(["sha256:", z.string()]);
}

/** Returns the schema of any JSON. The Dagger module has no type for it, and leaves the field to its `json`. */
export function anyJson(): z.ZodType<Json> {
  return z.custom<Json>((value) => value !== undefined);
}

/** Returns what a field of an output tells, however deep in `nullable` it was said. */
export function outputMeta(type: z.ZodType): OutputMeta {
  const inner = type instanceof z.ZodNullable || type instanceof z.ZodOptional ? outputMeta(type.unwrap() as z.ZodType) : {};
  return { ...inner, ...(type.meta() as OutputMeta | undefined) };
}

/** Returns the schema without `nullable` and the like. */
export function bare(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodNullable || type instanceof z.ZodOptional ? bare(type.unwrap() as z.ZodType) : type;
}

/**
 * Returns the outputs that a result gives to a GitHub Action, as text by their names: what is not there is empty, a list is joined by commas.
 * Every output of the schema is there. Throws `internal` when two fields have one name.
 */
export function outputsOf(schema: z.ZodType, result: Json): Readonly<Record<string, string>> {
  const found = leavesOf(schema, result);
  const twice = found.find(
    ([name], index) => commonOutputs.some((each) => each === name) || found.some(([other], at) => at > index && other === name),
  );
  if (twice !== undefined) throw new FairleadError("internal", `read outputs: ${twice[0]} is the name of two`);
  return Object.fromEntries(found);
}

/** Returns the names of the outputs of a schema, in its order. */
export function outputNames(schema: z.ZodType): readonly string[] {
  return leavesOf(schema, null).map(([name]) => name);
}

function leavesOf(schema: z.ZodType, value: Json): readonly (readonly [name: string, text: string])[] {
  const { output } = outputMeta(schema);
  if (output !== undefined) return [[output, textOf(value)]];
  const inner = bare(schema);
  if (!(inner instanceof z.ZodObject)) return [];
  const fields = (value ?? {}) as Readonly<Record<string, Json>>;
  return Object.entries(inner.shape).flatMap(([name, type]) => leavesOf(type as z.ZodType, fields[name] ?? null));
}

function textOf(value: Json): string {
  if (value === null) return "";
  if (Array.isArray(value)) return (value as readonly Json[]).map(textOf).join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
