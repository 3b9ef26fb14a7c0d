import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { adapterKinds } from "../../src/adapters.ts";
import { commands } from "../../src/cmd/index.ts";
import { parse } from "../../src/cmd/parse.ts";
import { variablesOf } from "../../src/cmd/variables.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { pipelineTable } from "../../src/pipelines/table.gen.ts";
import { listenerCommands } from "../../webhook/commands.ts";

const bin = new URL("../../bin/fairlead.ts", import.meta.url).pathname;

test("the command lists are sorted, and one has all pipelines", () => {
  expect(listenerCommands.map(({ name }) => name)).toEqual(listenerCommands.map(({ name }) => name).sort());
  expect(commands.map(({ name }) => name)).toEqual(commands.map(({ name }) => name).sort());
  expect(commands.filter(({ name }) => pipelines.some((each) => each.name === name))).toHaveLength(pipelines.length);
});

test("the table of pipelines repeats their own words, and loads each by its name", async () => {
  const table = await Promise.all(pipelineTable.map(async ({ load, ...entry }) => ({ ...entry, loaded: await load() })));
  expect(table).toEqual(
    pipelines.map((pipeline) => {
      const { name, summary, examples, runs, input } = pipeline;
      return { name, summary, examples, runs, fields: fieldsOf(input), loaded: pipeline };
    }),
  );
});

test("only the pipelines that run code of others take --engine: they build on one", async () => {
  const bodies = await Promise.all(commands.map(async (command) => ({ name: command.name, flags: (await command.load()).flags })));
  expect(bodies.filter(({ flags }) => flags.some(({ name }) => name === "engine")).map(({ name }) => name)).toEqual(["build", "ship"]);
});

test.each(pipelines.map((pipeline) => [pipeline.name, pipeline] as const))(
  "every flag of %s has a sentence and a unique name",
  (_, { input }) => {
    const flags = fieldsOf(input);
    expect(flags.filter(({ sentence }) => sentence === "")).toEqual([]);
    expect(new Set(flags.map(({ name }) => name)).size).toBe(flags.length);
  },
);

const examples = [...commands, ...listenerCommands].flatMap((command) => command.examples.map((example) => [example, command] as const));

test.each(examples)("the example %s can be parsed", async (example, command) => {
  const { name } = command;
  const [first, ...argv] = (example.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
  const { flags } = await command.load();
  expect(first).toBe(name);
  expect(() => parse(name, flags, argv)).not.toThrow();
});

test("help of ship has each variable that an adapter documents", async () => {
  const documented = adapterKinds.flatMap(({ environment = {} }) =>
    [environment.token ?? [], Object.values(environment.settings ?? {})].flat(),
  );
  const ship = commands.find(({ name }) => name === "ship");
  const named = variablesOf((await ship?.load())?.flags ?? []).map(([name]) => name);
  expect(named).toEqual(expect.arrayContaining(documented));
});

test("the page that each command names is there", () => {
  const pages = [...commands, ...listenerCommands].map(({ page = "commands.md" }) => page);
  expect(pages.filter((page) => !existsSync(new URL(`../../docs/${page}`, import.meta.url)))).toEqual([]);
});

test.each([["--help"], ["--version"], ["nope"], ["help"]])("fairlead %s loads neither zod nor any SDK", async (argument) => {
  const hooks = `import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) { if (url.includes("/node_modules/")) process.stderr.write("loads " + url + "\\n"); return next(url, context); } });`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(hooks)}`, bin, argument];
  const { stderr } = await promisify(execFile)(process.execPath, args).catch((error: { stderr: string }) => error);
  expect(stderr).not.toContain("loads ");
});
