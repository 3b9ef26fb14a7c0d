// The values of a pipeline's fields, as YAML spells them.
import { z } from "zod";
import type { Field, Kind } from "../core/run/field.ts";
import type { Json } from "../core/json.ts";
import { withoutUnit } from "../core/quantity.ts";
import { secretReference } from "./values.ts";

/** The name of a build argument, a detail or a secret: it is written in the file, so no event can choose it. */
const key = z.string().regex(/^[^=${}]+$/, "expected a name without = and ${{ }}");

const types: Readonly<Record<Kind, (field: Field) => z.ZodType>> = {
  string: () => z.string(),
  image: () => z.string(),
  directory: () => z.string(),
  boolean: () => z.boolean(),
  int: () => z.int(),
  duration: () => z.string({ error: ({ input }) => withoutUnit(input) }),
  enum: ({ choices = [] }) => z.enum(choices),
  list: () => z.array(z.string()),
  "key-values": () => z.record(key, z.string()),
  secret: () => secretReference(),
  secrets: () => z.record(key, secretReference()),
  json: () => z.record(z.string(), z.unknown()),
};

/** Returns the schema of a field's value: text, a list, a mapping, a number, a switch, or a reference to a secret. */
export function fieldType(field: Field): z.ZodType {
  return types[field.kind](field);
}

/** Returns a value of a kind as the pipeline's own schema takes it: a mapping as `KEY=VALUE`, JSON as text. */
export function spellValue(kind: Kind, value: unknown): Json {
  if (kind === "key-values") return Object.entries(value as Readonly<Record<string, string>>).map(([name, text]) => `${name}=${text}`);
  return kind === "json" ? JSON.stringify(value) : (value as Json);
}

/** Tells whether a field takes references to secrets. */
export function holdsSecrets({ kind }: Field): boolean {
  return kind === "secret" || kind === "secrets";
}
