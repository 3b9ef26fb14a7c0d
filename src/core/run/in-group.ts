import type { z } from "zod";
import type { FieldGroup } from "./field.ts";
import type { FieldMeta } from "./input.ts";

/** Returns the fields of an input, which help shows in this group. */
export function inGroup<S extends Readonly<Record<string, z.ZodType>>>(group: FieldGroup, fields: S): S {
  const entries = Object.entries(fields).map(([name, type]) => [name, type.meta({ ...type.meta(), group } satisfies FieldMeta)]);
  return Object.fromEntries(entries) as S;
}
