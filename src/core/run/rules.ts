import type { z } from "zod";
import type { FieldProblem } from "../errors.ts";

/** A problem of values that are each right by themselves. Its field is empty where it is none of one field. */
export interface RuleProblem extends FieldProblem {
  readonly hint?: string;
}

/** A rule over several fields of an input. */
export interface Rule<Values> {
  /** The fields that it reads: where one of them is wrong by itself, the rule says nothing. */
  readonly fields: readonly (keyof Values & string)[];
  readonly check: (values: Values) => readonly RuleProblem[];
}

/**
 * Returns the input with rules over its fields. So every entry point finds what can never work before a run begins: the command line before it
 * reveals a secret, the listener when it reads its routes.
 */
export function withRules<S extends z.ZodObject>(schema: S, rules: readonly Rule<z.output<S>>[]): S {
  return rules.reduce((ruled, { fields, check }) => {
    const isOwn = (field: unknown): boolean => fields.some((each) => each === field);
    return ruled.superRefine(
      (values, context) => {
        for (const { field, message, hint } of check(values)) {
          context.addIssue({ code: "custom", path: field === "" ? [] : [field], message, input: values, params: { hint } });
        }
      },
      { when: ({ issues }) => !issues.some(({ code, path = [] }) => isOwn(path[0]) || (code === "invalid_type" && path.length === 0)) },
    );
  }, schema);
}
