import { expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { commands } from "../../src/cmd/index.ts";
import { kebabCase } from "../../src/core/text/kebab.ts";
import { commonFlags } from "../../src/cmd/flag.ts";
import { parse } from "../../src/cmd/parse.ts";
import { asFairleadError } from "../../src/core/errors.ts";
import { serverFields } from "../../src/module/servers.ts";
import { valueFunctions } from "../../src/module/values.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { argumentsOf, type Argument } from "../../scripts/generate/function.ts";
import { listenerCommands } from "../../webhook/commands.ts";
import { callsOf, commandLines, type Fence, fencesOf } from "./markdown.ts";
import { expectNone, pages } from "./pages.ts";

const allCommands = [...commands, ...listenerCommands];

/** Returns what the command line would say against a call; undefined when it takes it. */
async function refusalOf([name = "--help", ...args]: readonly string[]): Promise<string | undefined> {
  if (name === "--help" || name === "--version") return undefined;
  const command = allCommands.find((each) => each.name === name);
  if (command === undefined) return `unknown command "${name}"`;
  const { flags } = await command.load();
  if (args.includes("--help")) return undefined;
  try {
    const byEnvironment = args.includes("--environment") ? ["fluxRepository"] : []; // the configuration says it
    const asked = flags.map((flag) => (byEnvironment.includes(flag.name) ? { ...flag, required: false } : flag));
    parse(name, [...asked, ...commonFlags], args);
    return undefined;
  } catch (error) {
    return asFairleadError(error).message;
  }
}

/** Returns the block, and, of YAML, what it has a shell run: `run: fairlead …` of a workflow. */
function shellsOf(fence: Fence): readonly Fence[] {
  if (fence.language !== "yaml") return [fence];
  const [, indent = "", code] = /^( *)run: \|\n((?:\1 +.*\n?)+)/m.exec(fence.code) ?? [];
  return code === undefined ? [] : [{ ...fence, language: "sh", code: code.replaceAll(new RegExp(`^${indent}`, "gm"), "") }];
}

/** Returns the calls of a program in all pages, each with its place. */
function callsIn(program: string): readonly { readonly place: string; readonly args: readonly string[] }[] {
  return [...pages].flatMap(([page, text]) =>
    fencesOf(text)
      .flatMap(shellsOf)
      .flatMap(commandLines)
      .flatMap(({ line, text: shell }) => callsOf(program, shell).map((args) => ({ place: `${page}:${line}`, args }))),
  );
}

test("each fairlead command in README and docs is one that the command line takes", async () => {
  const calls = callsIn("fairlead");
  const problems: string[] = [];
  for (const { place, args } of calls) {
    const problem = await refusalOf(args);
    if (problem !== undefined) problems.push(`${place}: fairlead ${args.join(" ")}: ${problem}`);
  }
  expect(problems).toEqual([]);
  expect(calls.length).toBeGreaterThan(40);
});

test("each dagger call in README and docs is one that the module takes", () => {
  const calls = callsIn("dagger").filter(({ args }) => args[0] === "call");
  const problems = calls.flatMap(({ place, args }) => moduleRefusals(args.slice(1)).map((problem) => `${place}: ${problem}`));
  expect(problems).toEqual([]);
  expect(calls.length).toBeGreaterThan(5);
});

/** Returns what the module would say against a call: `[--setting=…] FUNCTION [--argument=…] FIELD…`. */
function moduleRefusals(args: readonly string[]): readonly string[] {
  const given = args[0] === "-m" ? args.slice(2) : args;
  const at = given.findIndex((word) => !word.startsWith("-"));
  const name = given[at] ?? "";
  const called = [...valueFunctions, ...pipelines].find((each) => kebabCase(each.name) === name);
  if (called === undefined) return [`the module has no function "${name}"`];
  const rest = given.slice(at + 1);
  const end = rest.findIndex((word) => !word.startsWith("-"));
  const settings = argumentsOf("settings", serverFields);
  const takes = argumentsOf(name, called.input);
  const own = end < 0 ? rest : rest.slice(0, end);
  const missing = takes.filter((each) => each.required && !own.some((word) => word.startsWith(optionOf(each))));
  return [
    ...unknownIn(given.slice(0, at), settings),
    ...unknownIn(own, [...takes, { name: "dryRun" }]),
    ...missing.map((each) => `${name}: ${optionOf(each)} is missing`),
  ];
}

function optionOf({ name }: Pick<Argument, "name">): string {
  return `--${kebabCase(name)}`;
}

function unknownIn(words: readonly string[], known: readonly Pick<Argument, "name">[]): readonly string[] {
  const options = known.map(optionOf);
  return words.filter((word) => !options.includes(word.replace(/=.*$/s, ""))).map((word) => `unknown argument ${word}`);
}

test("a wrong flag or command in a line of shell is told", async () => {
  const [call = [], other = []] = callsOf(
    "fairlead",
    'TOKEN=x fairlead notify "it is out" --too slack:C0123456789 2>/dev/null | fairlead shop # fairlead no',
  );
  expect([await refusalOf(call), await refusalOf(other)]).toEqual([
    expect.stringContaining("unknown flag --too"),
    'unknown command "shop"',
  ]);
});

test("each npm script that README and docs name is in package.json", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly scripts: Readonly<Partial<Record<string, string>>> };
  expectNone((text) =>
    text
      .split("\n")
      .flatMap((line, index) =>
        [...line.matchAll(/npm run (?:--silent )?([a-z]+)/g)].flatMap(([call, name]) =>
          scripts[name!] !== undefined ? [] : [{ line: index + 1, text: call }],
        ),
      ),
  );
});
