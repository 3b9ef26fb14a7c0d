import { z } from "zod";

export { duration, durationText, size } from "../core/quantity.ts";

/** Returns the schema of a reference to a secret, as `parseSecretReference` reads it. What is none is never repeated in an error. */
export function secretReference(): z.ZodString {
  return z.string().regex(/^(env|file|cmd):.+$/, "expected where the secret is: env:NAME, file:PATH or cmd:COMMAND");
}

/** Returns the schema of a value, or a list of at least one: always a list, once it is read. */
export function oneOrMore<T>(type: z.ZodType<T, string>): z.ZodType<T[], string | string[]> {
  return z.union([type.transform((one) => [one]), z.array(type).min(1, "the list is empty")]);
}
