import type { z } from "zod";
import type { FieldMeta } from "./input.ts";

/** Returns the fields of an input, which no file sets that nobody named: it may be a stranger's. */
export function namedOnly<S extends Readonly<Record<string, z.ZodType>>>(fields: S): S {
  const entries = Object.entries(fields).map(([name, type]) => [name, type.meta({ ...type.meta(), namedOnly: true } satisfies FieldMeta)]);
  return Object.fromEntries(entries) as S;
}
