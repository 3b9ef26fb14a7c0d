import { expect, test } from "vitest";
import { z } from "zod";
import { FairleadError } from "../../../src/core/errors.ts";
import { parseInput } from "../../../src/core/run/pipeline.ts";
import { withRules } from "../../../src/core/run/rules.ts";

const input = withRules(z.object({ bread: z.enum(["rye", "wheat"]).optional(), loaves: z.int().default(1), oven: z.string().optional() }), [
  {
    fields: ["bread", "loaves"],
    check: ({ bread, loaves }) =>
      bread === undefined && loaves > 1 ? [{ field: "loaves", message: "of what?", hint: "name the bread" }] : [],
  },
  { fields: ["oven"], check: ({ oven }) => (oven === undefined ? [{ field: "", message: "it is cold", hint: "light an oven" }] : []) },
]);

/** Returns the problems of an input, and the hint. */
function told(values: unknown): unknown {
  try {
    return parseInput("bake", input, values);
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    return [error.message, error.hint];
  }
}

test("rules of an input are told together with what is wrong with single fields", () => {
  expect(told({ bread: "rye", loaves: 2, oven: "a" })).toEqual({ bread: "rye", loaves: 2, oven: "a" });
  expect(told({ loaves: 2 })).toEqual(["bake: loaves: of what?; it is cold", "name the bread; light an oven"]);
  expect(told({ loaves: 2, oven: 3, salt: 1 })).toEqual([
    "bake: oven: Invalid input: expected string, received number; salt: no such input; loaves: of what?",
    "name the bread",
  ]);
});

test("a rule says nothing where one of its fields is wrong by itself, or the input is none", () => {
  expect(told({ bread: "rie", loaves: 2, oven: "a" })).toEqual(['bake: bread: Invalid option: expected one of "rye"|"wheat"', undefined]);
  expect(told("bread")).toEqual(["bake: Invalid input: expected object, received string", undefined]);
});
