import type { z } from "zod";
import { opens } from "../opens.ts";
import { withDetails, type CredentialField, type FairleadError, type WantedCredential } from "../errors.ts";
import { openingsOf } from "./parsed-input.ts";

/** Returns the error, which names the field of the parsed input for the credential that is wanted, where there is one. */
export function withCredentialField(error: FairleadError, schema: z.ZodObject, input: Readonly<Record<string, unknown>>): FairleadError {
  const { wanted } = error;
  return wanted === undefined ? error : withDetails(error, { wanted: { ...wanted, field: credentialField(wanted, schema, input) } });
}

/** Returns the field whose secret opens the most of what is wanted; undefined where none opens it. */
function credentialField(
  { kind, for: resource }: WantedCredential,
  schema: z.ZodObject,
  input: Readonly<Record<string, unknown>>,
): CredentialField | undefined {
  const fitting = openingsOf(schema, input).filter(({ opened }) => opened.kind === kind && opens(opened.for, resource));
  const [best] = fitting.sort((a, b) => b.opened.for.length - a.opened.for.length);
  if (best === undefined) return undefined;
  const { field, of, secret } = best;
  const username = field.replace(/Password$/, "Username");
  return {
    name: field,
    given: secret !== undefined,
    ...(of !== undefined && { of }),
    ...(username in schema.shape && username !== field && { username }),
  };
}
