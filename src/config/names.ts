import { z } from "zod";
import type { Path } from "./document.ts";

/** Returns the names of the fields that a schema takes at a place of a value: what a mistyped one may have meant. */
export function namesAt(schema: z.ZodType, value: unknown, path: Path): readonly string[] {
  const here = unwrap(schema);
  if (here instanceof z.ZodDiscriminatedUnion) return optionsOf(here, value).flatMap((option) => namesAt(option, value, path));
  const [step, ...rest] = path;
  if (step === undefined) return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
  const next = childOf(here, step);
  return next === undefined ? [] : namesAt(next, (value as Readonly<Record<string, unknown>> | null)?.[step], rest);
}

/** Returns the union of forms that a schema has at a place of a value, where a field tells them apart. */
export function unionAt(schema: z.ZodType, value: unknown, path: Path): z.ZodDiscriminatedUnion | undefined {
  const here = unwrap(schema);
  const [step, ...rest] = path;
  if (step === undefined) return here instanceof z.ZodDiscriminatedUnion ? here : undefined;
  const forms = here instanceof z.ZodDiscriminatedUnion ? optionsOf(here, value) : [here];
  const child = forms.map((form) => childOf(form, step)).find((each) => each !== undefined);
  return child === undefined ? undefined : unionAt(child, (value as Readonly<Record<string, unknown>> | null)?.[step], rest);
}

function childOf(schema: z.ZodType, step: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Readonly<Record<string, z.ZodType>>)[step];
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return schema instanceof z.ZodArray ? (schema.element as z.ZodType) : undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  const wraps = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return wraps ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

/** The forms of a union whose telling field is the value's. */
function optionsOf(union: z.ZodDiscriminatedUnion, value: unknown): readonly z.ZodObject[] {
  const { discriminator } = union.def;
  const told = (value as Readonly<Record<string, unknown>> | null)?.[discriminator];
  return (union.options as readonly z.ZodObject[]).filter((option) => childOf(option, discriminator)?.safeParse(told).success === true);
}
