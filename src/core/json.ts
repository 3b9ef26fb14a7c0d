/** What comes out of a step or a pipeline: it is journaled, printed and sent. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
