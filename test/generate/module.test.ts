import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { argumentsOf } from "../../scripts/generate/function.ts";
import { moduleSource } from "../../scripts/generate/module.ts";
import { resultsSource } from "../../scripts/generate/results.ts";
import { tableSource } from "../../scripts/generate/table.ts";
import { directory, secrets } from "../../src/core/run/input.ts";
import { anyJson, digest } from "../../src/core/run/output.ts";
import { spell } from "../../src/module/spelling.ts";
import { argumentsIn, byName, scan, type Scanned } from "../scan.ts";

const settings = z.object({ plainHttp: z.array(z.string()).default([]).describe("host without TLS") });

/** Returns Dagger's reading of the source that is generated for one pipeline. */
async function read(input: z.ZodObject, output: z.ZodObject = z.object({}), summary = "Bake bread"): Promise<Scanned> {
  const pipelines = [{ name: "bake-bread", summary, input, output }];
  const folder = await mkdtemp("node_modules/.generate-"); // from where Dagger's types are found
  const files = { "index.ts": moduleSource({ settings, values: [], pipelines }), "results.gen.ts": resultsSource(pipelines) };
  const paths = Object.keys(files).map((name) => join(folder, name));
  await writeFile(paths[0]!, files["index.ts"]);
  await writeFile(paths[1]!, files["results.gen.ts"]);
  return await scan(paths).finally(() => rm(folder, { recursive: true }));
}

test("a sentence may be any text, which Dagger reads whole and on one line", async () => {
  const sentences = {
    quoted: "as `KEY=\"${VALUE}\"`, \\n and 'so'",
    broken: "one\n  two\r\nthree\u2028four",
    ended: "matches */ and /* and */*/",
    tagged: "ask me@example.com, @robot or {@link URL} <b>now</b>",
    dashed: "- begins with a dash",
  };
  const input = z.object(Object.fromEntries(Object.entries(sentences).map(([name, text]) => [name, z.string().describe(text)])));
  const { methods } = (await read(input, undefined, "Bake */ `bread`\nnow")).objects.Fairlead!;
  expect(methods.bakeBread!.description).toBe("Bake * / `bread` now");
  expect(Object.fromEntries(argumentsIn(methods.bakeBread!).map(({ name, sentence }) => [name, sentence]))).toEqual({
    ...sentences,
    quoted: "as 'KEY=\"${VALUE}\"', \\n and 'so'", // the help of dagger call takes what is in back quotes for the flag's type
    broken: "one two three four",
    ended: "matches * / and /* and * /* /",
    tagged: "ask me@example.com, \u2060@robot or {@link URL} <b>now</b>",
    dryRun: "return the plan, and change nothing",
  });
});

test("the table of pipelines holds any text as it is", async () => {
  const summary = "Bake */ `bread`\n${now}\u2028";
  const source = tableSource([
    { name: "bake", summary, examples: ['bake "a`b"'], runs: "nothing", input: z.object({ a: z.string().describe(summary) }) },
  ]);
  const url = `data:text/javascript,${encodeURIComponent(source.replace(/^import type.*$/m, "").replace(": readonly PipelineEntry[]", ""))}`;
  const { pipelineTable } = (await import(url)) as { pipelineTable: readonly object[] };
  expect(pipelineTable).toMatchObject([{ name: "bake", summary, examples: ['bake "a`b"'], fields: [{ name: "a", sentence: summary }] }]);
});

test("a name that only looks like a keyword of TypeScript or Dagger is accepted", async () => {
  const input = z.object({ id: z.string(), directory: directory().optional(), type: z.string().optional(), of: z.int().default(3) });
  const { methods } = (await read(input)).objects.Fairlead!;
  expect(argumentsIn(methods.bakeBread!)).toEqual(
    byName([
      ...argumentsOf("bake-bread", input),
      { name: "dryRun", sentence: "return the plan, and change nothing", type: "boolean", required: false, default: false },
    ]),
  );
});

test("secrets are two arguments, since Dagger's command line gives them no names", () => {
  expect(argumentsOf("bake", z.object({ ovenKeys: secrets().describe("what opens the oven") }))).toEqual([
    { name: "ovenKeyNames", sentence: "name of each secret, in their order", type: "string[]", required: true },
    { name: "ovenKeys", sentence: "what opens the oven", type: "Secret[]", required: true },
  ]);
});

describe("an argument is refused, with its path:", () => {
  test.each<[path: string, input: z.ZodObject, why: string]>([
    ["bake.default", z.object({ default: z.string() }), "TypeScript keeps this word for itself"],
    ["bake.class", z.object({ class: z.string() }), "TypeScript keeps this word for itself"],
    ["bake.arguments", z.object({ arguments: z.string() }), "TypeScript keeps this word for itself"],
    ["bake.json", z.object({ json: z.string() }), "dagger call keeps this name for a flag of its own"],
    ["bake.dag", z.object({ dag: z.string() }), "the generated source keeps this name for itself"],
    ["bake.dryRun", z.object({ dryRun: z.boolean() }), "the generated source keeps this name for itself"],
    ["bake.build-args", z.object({ "build-args": z.string() }), "it is no camelCase name"],
    ["bake.keyNames", z.object({ keys: secrets(), keyNames: z.array(z.string()) }), "another argument has this name"],
    ["bake.folder", z.object({ folder: directory().prefault(".") }), "a Dagger function has no default for a folder"],
  ])("an argument is refused, with its path: %s", (path, input, why) => {
    expect(() => argumentsOf("bake", input)).toThrow(`generate ${path}: ${why}`);
  });
});

test.each([
  ["class", "generate class: TypeScript keeps this word for itself"],
  ["plain-http", "generate plainHttp: the module's class has this name already, or Dagger keeps it for itself"],
  ["id", "generate id: the module's class has this name already, or Dagger keeps it for itself"],
  ["constructor", "generate constructor: the module's class has this name already, or Dagger keeps it for itself"],
  ["Bake", "generate Bake: it is no camelCase name"],
])("a pipeline named %s is refused", (name, message) => {
  expect(() => moduleSource({ settings, values: [], pipelines: [{ name, summary: "", input: z.object({}) }] })).toThrow(message);
});

const part = z.object({ weight: z.int().describe("grams") }).describe("Part of a loaf");
const output = z.object({
  loaf: digest().describe("what was baked"),
  parts: z.array(part).describe("its parts"),
  first: part.nullable().describe("the first of them"),
  labels: z.record(z.string(), z.string()).describe("labels"),
  recipe: anyJson().describe("recipe"),
  id: z.string().nullable().describe("its name").meta({ output: "name" }),
});

test("a result is a type with named parts, without what Dagger has no type for", async () => {
  const { objects } = await read(z.object({}), output);
  const shape = Object.fromEntries(
    Object.entries(objects.BakeBreadOutcome!.properties).map(([name, { description }]) => [name, description]),
  );
  expect(shape).toEqual({
    loaf: "what was baked",
    parts: "its parts",
    first: "the first of them",
    name: "its name",
    json: "all of the result, as the command line's --json prints it; not within another result",
    plan: "plan of a dry run, as text",
  });
  expect(Object.keys(objects).sort()).toEqual(["BakeBreadOutcome", "BakeBreadOutcomePart", "Fairlead"]);
  expect(objects.BakeBreadOutcomePart!.description).toBe("Part of a loaf");
  const result = { loaf: "sha256:1", parts: [{ weight: 3 }], first: null, labels: { a: "b" }, recipe: { flour: 1 }, id: "rye" };
  expect(spell(output, result)).toEqual({ loaf: "sha256:1", parts: [{ weight: 3 }], name: "rye" });
});

describe("a result is refused, with its path:", () => {
  test.each<[message: string, output: z.ZodType]>([
    ["bake.output: a result is an object", z.string()],
    ["bake.output.id: Dagger keeps this name for itself", z.object({ id: z.string() })],
    ["bake.output.class: TypeScript keeps this word for itself", z.object({ class: z.string() })],
    ["bake.output.at: Dagger has no type for z.date()", z.object({ at: z.date() })],
    ["bake.output.all[]: Dagger has no type for z.union()", z.object({ all: z.array(z.union([z.string(), z.int()])) })],
    ["bake.output.heat: Dagger has no type for a number that need not be whole", z.object({ heat: z.number() })],
    [
      "bake.output.part: its type would be BakeOutcomePart, as that of bake.output.parts",
      z.object({ parts: z.array(z.object({ a: z.int() })), part: z.object({ b: z.int() }) }),
    ],
  ])("a result is refused, with its path: %s", (message, output) => {
    expect(() => resultsSource([{ name: "bake", output }])).toThrow(`generate ${message}`);
  });
});
