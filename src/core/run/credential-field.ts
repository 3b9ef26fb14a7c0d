import type { z } from "zod";
import { FairleadError, type CredentialField, type WantedCredential } from "../errors.ts";
import { fieldMeta } from "./input.ts";

/** Returns the error, which names the field of the parsed input for the credential that is wanted, where there is one. */
export function withCredentialField(error: FairleadError, schema: z.ZodObject, input: Readonly<Record<string, unknown>>): FairleadError {
  if (error.wanted === undefined) return error;
  const field = credentialField(error.wanted, schema, input);
  return new FairleadError(error.code, error.message, { ...error, wanted: { ...error.wanted, field }, cause: error.cause });
}

/** Returns the field whose secret opens the most of what is wanted; undefined where none opens it. */
function credentialField(
  { kind, for: resource }: WantedCredential,
  { shape }: z.ZodObject,
  input: Readonly<Record<string, unknown>>,
): CredentialField | undefined {
  const found = Object.entries(shape).flatMap(([name, type]) => {
    const { opens, names } = fieldMeta(type as z.ZodType);
    return (names ?? [undefined]).flatMap((of) => {
      const opened = opens?.(input, of ?? name);
      if (opened?.kind !== kind || !(resource === opened.for || resource.startsWith(`${opened.for}/`))) return [];
      const username = name.replace(/Password$/, "Username");
      const value = of === undefined ? input[name] : (input[name] as Readonly<Record<string, unknown>> | undefined)?.[of];
      const field = {
        name,
        given: value !== undefined,
        ...(of !== undefined && { of }),
        ...(username in shape && username !== name && { username }),
      };
      return [{ field, length: opened.for.length }];
    });
  });
  return found.sort((a, b) => b.length - a.length)[0]?.field;
}
