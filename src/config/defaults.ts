// `defaults` of fairlead.yaml: values of fields that a command, or a route, does not give itself.
import { z } from "zod";
import { describeField, type Field } from "../core/run/field.ts";
import { fieldMeta } from "../core/run/input.ts";
import type { Pipeline } from "../core/run/pipeline.ts";
import { fieldType, holdsSecrets, spellValue } from "./field-values.ts";
import { problemsOf, type Problem } from "./problem.ts";

/** Values by the names of fields, as YAML spells them. */
export type Defaults = Readonly<Record<string, unknown>>;

/** The fields that a default may be for, by name. A name that several pipelines use for different kinds of values has the first one's kind. */
export type DefaultFields = ReadonlyMap<string, Field>;

/** Returns the fields that a default may be for, from the fields of each pipeline. */
export function defaultFields(pipelines: readonly { readonly fields: readonly Field[] }[]): DefaultFields {
  const found = new Map<string, Field>();
  for (const field of pipelines.flatMap(({ fields }) => fields)) {
    const known = found.get(field.name);
    const choices = [...new Set([...(known?.choices ?? []), ...(field.choices ?? [])])];
    if (known === undefined) found.set(field.name, field);
    else if (known.kind === "enum" && field.kind === "enum") found.set(field.name, { ...known, choices });
  }
  return found;
}

/** Returns the schema of `defaults`. */
export function defaultsSchema(known: DefaultFields): z.ZodType<Defaults> {
  const types = [...known].map(([name, field]) => [name, fieldType(field).optional().describe(describeField("listener", field))] as const);
  return z.strictObject(Object.fromEntries(types));
}

/**
 * Returns the defaults that hold where `given` was given: those of fields that are there, are not given, and go together with what is given. A field of
 * another kind than the default is another thing by the same name.
 */
export function defaultsFor(fields: readonly Field[], known: DefaultFields, defaults: Defaults, given: Defaults): Defaults {
  const isSet = ({ name, default: usual }: Field, values: Defaults): boolean => values[name] !== undefined && values[name] !== usual;
  const set = fields.filter((field) => isSet(field, given));
  const holds = (field: Field): boolean =>
    given[field.name] === undefined &&
    isFor(field, known, defaults[field.name]) &&
    !set.some(
      (other) => other.excludes?.includes(field.name) === true || (isSet(field, defaults) && field.excludes?.includes(other.name) === true),
    );
  return Object.fromEntries(fields.filter(holds).map(({ name }) => [name, defaults[name]]));
}

function isFor(field: Field, known: DefaultFields, value: unknown): boolean {
  if (value === undefined || known.get(field.name)?.kind !== field.kind) return false;
  return field.kind !== "enum" || typeof value !== "string" || field.choices?.includes(value) === true;
}

/** Returns what is wrong with the values of `defaults` that have their form: what a pipeline does not take, and a value of an event. */
export function checkDefaults(
  defaults: unknown,
  known: DefaultFields,
  pipelines: readonly { readonly fields: readonly Field[]; readonly input: Pipeline["input"] }[],
): readonly Problem[] {
  if (typeof defaults !== "object" || defaults === null) return [];
  return Object.entries(defaults).flatMap(([name, value]): readonly Problem[] => {
    const path = ["defaults", name];
    const types = pipelines.flatMap(({ fields, input }) =>
      fields
        .filter((field) => field.name === name && isFor(field, known, value) && fieldType(field).safeParse(value).success)
        .map((field) => ({ field, type: input.shape[name] as z.ZodType })),
    );
    if (JSON.stringify(value).includes("${{") && types.every(({ type }) => fieldMeta(type).placeholders === undefined)) {
      return [{ path, message: "a default has no value of an event: write it in the route" }];
    }
    return types.flatMap(({ field, type }) => (holdsSecrets(field) ? [] : problemsOf(type, spellValue(field.kind, value), path)));
  });
}
