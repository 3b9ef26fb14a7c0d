import { z } from "zod";
import type { Kind } from "../../src/core/run/input.ts";
import type { Json } from "../../src/core/json.ts";
import { secretReference } from "../../src/config/values.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import type { Flag } from "../../src/cmd/flag.ts";
import { flagsOf } from "../../src/cmd/flags.ts";

/** What stands in a route's `with`, by the names of the pipeline's input. */
export type WithValues = Readonly<Record<string, WithValue>>;
type WithValue = string | boolean | number | readonly string[] | Readonly<Record<string, unknown>>;

/** The name of a build argument, a detail or a secret: it is written in the route, so no event can choose it. */
const key = z.string().regex(/^[^=${}]+$/, "expected a name without = and ${{ }}");

const types: Readonly<Record<Kind, (flag: Flag) => z.ZodType>> = {
  string: () => z.string(),
  image: () => z.string(),
  directory: () => z.string(),
  boolean: () => z.boolean(),
  int: () => z.int(),
  enum: ({ choices = [] }) => z.enum(choices),
  list: () => z.array(z.string()),
  "key-values": () => z.record(key, z.string()),
  secret: () => secretReference(),
  secrets: () => z.record(key, secretReference()),
  json: () => z.record(z.string(), z.unknown()),
};

/** Returns the schema of the values that a route gives to a pipeline: its input, as YAML spells it. */
export function withSchema(pipeline: Pipeline): z.ZodType<WithValues> {
  const fields = fieldsOf(pipeline).map((flag) => {
    const type = types[flag.kind](flag).describe(flag.sentence);
    return [flag.field, flag.required ? type : type.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(fields)) as unknown as z.ZodType<WithValues>;
}

const known = new WeakMap<Pipeline, readonly Flag[]>();

/** Each delivery asks for the fields of its routes' pipelines, and they never change. */
function fieldsOf(pipeline: Pipeline): readonly Flag[] {
  const fields = known.get(pipeline) ?? flagsOf(pipeline.input);
  known.set(pipeline, fields);
  return fields;
}

function holdsSecrets({ kind }: Flag): boolean {
  return kind === "secret" || kind === "secrets";
}

/** Returns the values as the pipeline's schema takes them, without the secrets: what is stored of a run. */
export function inputOf(pipeline: Pipeline, values: WithValues): Readonly<Record<string, Json>> {
  const given = fieldsOf(pipeline).filter((flag) => values[flag.field] !== undefined && !holdsSecrets(flag));
  return Object.fromEntries(given.map(({ field, kind }) => [field, spell(kind, values[field])]));
}

/** Returns the secrets among the values, each made of its reference by `open`, which is given a name for people too. */
export function secretsOf<T>(
  pipeline: Pipeline,
  values: WithValues,
  open: (reference: string, name: string) => T,
): Readonly<Record<string, T | Readonly<Record<string, T>>>> {
  const given = fieldsOf(pipeline).filter((flag) => values[flag.field] !== undefined && holdsSecrets(flag));
  return Object.fromEntries(
    given.map(({ field }): readonly [string, T | Record<string, T>] => {
      const value = values[field] as string | Readonly<Record<string, string>>;
      if (typeof value === "string") return [field, open(value, field)];
      return [field, Object.fromEntries(Object.entries(value).map(([name, reference]) => [name, open(reference, name)] as const))];
    }),
  );
}

function spell(kind: Kind, value: unknown): Json {
  if (kind === "key-values") return Object.entries(value as Readonly<Record<string, string>>).map(([name, text]) => `${name}=${text}`);
  return kind === "json" ? JSON.stringify(value) : (value as Json);
}
