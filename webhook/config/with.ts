import { z } from "zod";
import { describeField } from "../../src/core/run/field.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import { suggest } from "../../src/core/text/suggest.ts";
import type { Json } from "../../src/core/json.ts";
import { fieldType, holdsSecrets, spellValue } from "../../src/config/field-values.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";

/** The values of a route's `with`, by the fields of the pipeline's input. */
export type WithValues = Readonly<Record<string, WithValue>>;
type WithValue = string | boolean | number | readonly string[] | Readonly<Record<string, unknown>>;

/** Returns the schema of the values that a route gives to a pipeline: its input, as YAML spells it. */
export function withSchema(pipeline: Pipeline): z.ZodType<WithValues> {
  const fields = fieldsOf(pipeline.input).map((field) => {
    const type = fieldType(field).describe(describeField("listener", field));
    return [field.name, field.required ? type : type.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(fields)) as unknown as z.ZodType<WithValues>;
}

/** The values of a route that have their form, and the names of the fields that do not, or that a mistyped name stands for. */
export interface ReadableValues {
  readonly values: WithValues;
  readonly wrong: ReadonlySet<string>;
}

/** Returns what can be read of a route's values, field by field, as they were written. */
export function readableValues(pipeline: Pipeline, written: unknown): ReadableValues {
  const given = (typeof written === "object" && written !== null ? written : {}) as Readonly<Record<string, unknown>>;
  const wrong = new Set<string>();
  const values = fieldsOf(pipeline.input).flatMap((field) => {
    const { [field.name]: value } = given;
    const read = fieldType(field).safeParse(value);
    if (read.success) return [[field.name, read.data as WithValue] as const];
    if (field.required || value !== undefined) wrong.add(field.name);
    return [];
  });
  const names = fieldsOf(pipeline.input).map(({ name }) => name);
  for (const key of Object.keys(given).filter((each) => !names.includes(each))) {
    const near = suggest(key, names);
    if (near !== undefined && given[near] === undefined) wrong.add(near);
  }
  return { values: Object.fromEntries(values), wrong };
}

/** Returns the values as the pipeline's schema takes them, without the secrets: what is stored of a run. */
export function storedInput(pipeline: Pipeline, values: WithValues): Readonly<Record<string, Json>> {
  const given = fieldsOf(pipeline.input).filter((field) => values[field.name] !== undefined && !holdsSecrets(field));
  return Object.fromEntries(given.map(({ name, kind }) => [name, spellValue(kind, values[name])]));
}

/** Returns the secrets among the values, each made of its reference by `open`, which is given a name for people too. */
export function secretsOf<T>(
  pipeline: Pipeline,
  values: WithValues,
  open: (reference: string, name: string) => T,
): Readonly<Record<string, T | Readonly<Record<string, T>>>> {
  const given = fieldsOf(pipeline.input).filter((field) => values[field.name] !== undefined && holdsSecrets(field));
  return Object.fromEntries(
    given.map(({ name: field }): readonly [string, T | Record<string, T>] => {
      const value = values[field] as string | Readonly<Record<string, string>>;
      if (typeof value === "string") return [field, open(value, field)];
      return [field, Object.fromEntries(Object.entries(value).map(([name, reference]) => [name, open(reference, name)] as const))];
    }),
  );
}
