import { describe, expect, test } from "vitest";
import { z } from "zod";
import { describeField, sentenceFor } from "../../../src/core/run/field.ts";
import { fieldsOf } from "../../../src/core/run/fields.ts";
import { directory, image, jsonObject, keyValues, repository, secret, secrets } from "../../../src/core/run/input.ts";
import { FairleadError } from "../../../src/core/errors.ts";

test("fieldsOf returns a field for each of a schema, of every kind, in its order", () => {
  const schema = z.object({
    name: z.string().describe("what it is called").meta({ positional: 0 }),
    page: z.url().optional(),
    from: repository(),
    image: image().optional(),
    folder: directory().optional(),
    minutes: z.int().default(30),
    draft: z.boolean().default(false),
    mode: z.enum(["fast", "slow"]).prefault("slow"),
    tags: z.array(z.string()).default([]),
    copies: z.array(image()).prefault(["ghcr.io/acme/app"]),
    labels: keyValues().default({ stage: "live" }),
    secrets: secrets().default({}),
    policy: jsonObject().optional(),
    token: secret(() => undefined).optional(),
  });
  expect(fieldsOf(schema)).toEqual([
    { name: "name", kind: "string", sentence: "what it is called", required: true, positional: 0 },
    { name: "page", kind: "string", sentence: "", required: false },
    { name: "from", kind: "string", sentence: "", required: true },
    { name: "image", kind: "image", sentence: "", required: false },
    { name: "folder", kind: "directory", sentence: "", required: false },
    { name: "minutes", kind: "int", sentence: "", required: false, default: 30 },
    { name: "draft", kind: "boolean", sentence: "", required: false, default: false },
    { name: "mode", kind: "enum", sentence: "", required: false, default: "slow", choices: ["fast", "slow"] },
    { name: "tags", kind: "list", sentence: "", required: false, default: [] },
    { name: "copies", kind: "list", sentence: "", required: false, default: ["ghcr.io/acme/app"] },
    { name: "labels", kind: "key-values", sentence: "", required: false, default: ["stage=live"] },
    { name: "secrets", kind: "secrets", sentence: "", required: false, default: [] },
    { name: "policy", kind: "json", sentence: "", required: false },
    { name: "token", kind: "secret", sentence: "", required: false, group: "Credentials" },
  ]);
});

test("a field may have its own sentence for one entry point, anywhere in its type", () => {
  const type = z
    .string()
    .meta({ sentences: { module: "not here" } })
    .optional()
    .describe("role to assume");
  const [field] = fieldsOf(z.object({ role: type }));
  expect([sentenceFor("module", field!), sentenceFor("command line", field!), sentenceFor("listener", field!)]).toEqual([
    "not here",
    "role to assume",
    "role to assume",
  ]);
});

test("a field is described with its default: in words, by entry point, or as its value", () => {
  const described = (type: z.ZodType) => {
    const [field] = fieldsOf(z.object({ field: type.describe("do it") }));
    return (["command line", "listener", "module"] as const).map((entryPoint) => describeField(entryPoint, field!));
  };
  const same = (text: string) => [text, text, text];
  expect(described(z.string().default("main"))).toEqual(same("do it (default: main)"));
  expect(described(z.string().default("").meta({ byDefault: "all of it" }))).toEqual(same("do it (default: all of it)"));
  expect(described(z.array(z.string()).default(["a", "b"]))).toEqual(same("do it (default: a, b)"));
  expect(described(z.boolean().default(false))).toEqual(same("do it"));
  expect(described(z.string().optional())).toEqual(same("do it"));
  const byEntryPoint = { "command line": "TOKEN of the environment", listener: "credentials of fairlead.yaml" };
  expect(described(z.string().optional().meta({ byDefault: byEntryPoint }))).toEqual([
    "do it (default: TOKEN of the environment)",
    "do it (default: credentials of fairlead.yaml)",
    "do it",
  ]);
});

describe("fieldsOf refuses what no entry point can write, with its path:", () => {
  test.each<[path: string, type: z.ZodType, what: string]>([
    ["oven", z.record(z.string(), z.string()), "z.record()"],
    ["oven", z.object({ heat: z.int() }), "z.object()"],
    ["oven", z.union([z.string(), z.int()]), "z.union()"],
    ["oven", z.date().optional(), "z.date()"],
    ["oven", z.number(), "a number that need not be whole"],
    ["oven[]", z.array(z.object({})), "z.object()"],
    ["oven[]", z.array(z.int()).default([]), "a list of the kind int"],
    ["oven[][]", z.array(z.array(z.date())), "z.date()"],
    ["oven", z.enum({ low: 1, high: 2 }), "the choice 1, 2, which is no text"],
    ["oven", directory().default({ path: "." }), "a default of the kind directory, which is no text"],
  ])("fieldsOf refuses %s of %o", (path, type, what) => {
    expect(() => fieldsOf(z.object({ oven: type }))).toThrow(
      new FairleadError("input", `read field ${path}: no entry point can write ${what}`, {
        hint: "give the field a type of src/core/run/input.ts, or a kind by .meta({ kind })",
      }),
    );
  });
});
