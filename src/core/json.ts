/** A JSON value: the result of a step or a pipeline, which is journaled, printed and sent. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Tells whether a value is a list. `Array.isArray` does not tell a readonly list from the rest of `Json`. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
