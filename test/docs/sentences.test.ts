import { expect, test } from "vitest";
import { z } from "zod";
import { commands } from "../../src/cmd/index.ts";
import { kebabCase } from "../../src/core/text/kebab.ts";
import { commonFlags, dryRunFlag, isRepeatable, placeholderOf, spelled } from "../../src/cmd/flag.ts";
import { commandHelp } from "../../src/cmd/help.ts";
import { defaultFor, describeField, sentenceFor, type EntryPoint, type Field } from "../../src/core/run/field.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import { serverFields } from "../../src/module/servers.ts";
import { valueFunctions } from "../../src/module/values.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { listenerCommands } from "../../webhook/commands.ts";
import { configSchema } from "../../webhook/config.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import { wordCount } from "./markdown.ts";

// What help, the docs, the JSON Schema and the module say of a field: what happens when it is set, then its default.
const mostWords = 25;
const entryPoints: readonly EntryPoint[] = ["command line", "listener", "module"];
const riddle = /^(what|who|whom|whose|which|when|where|why|how|whether)\b/i;
const ownDefault = /\bwithout it\b|\bby default\b|\bif not\b|\bdefaults? to\b/i;

interface Said {
  readonly place: string;
  readonly text: string;
}

/** Returns what is wrong with a sentence; undefined if nothing is. */
function problemOf({ place, text }: Said): string | undefined {
  const [sentence = ""] = text.split(" (default: ");
  const wrong = (why: string): string => `${place}: ${why}: ${text}`;
  if (sentence === "") return wrong("it has no sentence");
  if (riddle.test(sentence)) return wrong("it begins with a question: name the thing");
  if (wordCount(sentence) > mostWords) return wrong(`it has ${wordCount(sentence)} words: say it in ${mostWords}`);
  if (text.endsWith(".")) return wrong("it ends in a full stop");
  return ownDefault.test(sentence) ? wrong("its default belongs behind it, as (default: …)") : undefined;
}

function problemsOf(said: readonly Said[]): readonly string[] {
  return said.flatMap((each) => problemOf(each) ?? []);
}

const bodies = await Promise.all(
  [...commands, ...listenerCommands].map(async (command) => {
    const body = await command.load();
    return { command, body: { ...body, flags: [...body.flags, dryRunFlag, ...commonFlags] } };
  }),
);
const inputs = [...pipelines, ...valueFunctions, { name: "constructor", input: serverFields }];

test("every flag of every command says what happens when it is set, in one short sentence", () => {
  const said = bodies.flatMap(({ command, body }) =>
    body.flags.map((flag) => ({ place: `${command.name} ${spelled(flag)}`, text: sentenceFor("command line", flag) })),
  );
  expect(said.length).toBeGreaterThan(150);
  expect(problemsOf(said)).toEqual([]);
});

test("every field of every pipeline says so at each entry point", () => {
  const said = inputs.flatMap(({ name, input }) =>
    fieldsOf(input).flatMap((field) =>
      entryPoints.map((entryPoint) => ({ place: `${entryPoint}: ${name}.${field.name}`, text: describeField(entryPoint, field) })),
    ),
  );
  expect(problemsOf(said)).toEqual([]);
});

test("every default of a schema is said, but that a switch is off", () => {
  const hasDefault = ({ kind, default: value }: Field): boolean => value !== undefined && kind !== "boolean" && !isEmptyList(value);
  const silent = inputs.flatMap(({ name, input }) =>
    fieldsOf(input)
      .filter((field) => hasDefault(field) && entryPoints.some((entryPoint) => defaultFor(entryPoint, field) === undefined))
      .map((field) => `${name}.${field.name}`),
  );
  expect(silent).toEqual([]);
});

test("every command's help says the default of each flag in the same words", () => {
  const missing = bodies.flatMap(({ command, body }) => {
    const help = commandHelp(command, body, 80, "").replace(/\s+/g, " ");
    return body.flags.flatMap((flag) => {
      const byDefault = defaultFor("command line", flag);
      return byDefault === undefined || help.includes(`default: ${byDefault}`) ? [] : [`${command.name} ${spelled(flag)}`];
    });
  });
  expect(missing).toEqual([]);
});

test("no placeholder of a flag only repeats the name of the flag", () => {
  const repeated = bodies.flatMap(({ command, body }) =>
    body.flags
      .filter((flag) => flag.positional === undefined && flag.kind !== "boolean" && flag.kind !== "enum")
      .filter((flag) => placeholderOf(flag).toLowerCase().replaceAll("-", "") === lastOf(flag).replaceAll("-", ""))
      .map((flag) => `${command.name} ${spelled(flag)} ${placeholderOf(flag)}`),
  );
  expect(repeated).toEqual([]);
});

test("every part of a result is named, in one short sentence", () => {
  const said = pipelines.flatMap(({ name, output }) => describedIn(z.toJSONSchema(output, { unrepresentable: "any" }), `${name}.output`));
  expect(said.length).toBeGreaterThan(60);
  expect(problemsOf(said)).toEqual([]);
});

test("every field of fairlead.yaml is named, in one short sentence", () => {
  const schema = z.toJSONSchema(configSchema({ receivers, pipelines }), { io: "input", unrepresentable: "any" });
  const said = describedIn(schema, "fairlead.yaml");
  expect(said.length).toBeGreaterThan(200);
  expect(problemsOf(said)).toEqual([]);
});

test("every summary of a command and a pipeline is one short sentence", () => {
  const all = [...commands, ...listenerCommands, ...valueFunctions];
  expect(problemsOf(all.map(({ name, summary }) => ({ place: name, text: summary })))).toEqual([]);
});

function isEmptyList(value: NonNullable<Field["default"]>): boolean {
  return typeof value === "object" && value.length === 0;
}

/** A flag of one word is named by that alone; `--flux-branch BRANCH` says what the first word does not. */
function lastOf(flag: Field): string {
  const name = kebabCase(flag.name);
  return isRepeatable(flag) ? name.replace(/s$/, "") : name;
}

/** Returns the descriptions in a JSON Schema, each with its path. */
function describedIn(schema: unknown, place: string): readonly Said[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { description } = schema as { readonly description?: unknown };
  const own = typeof description === "string" ? [{ place, text: description }] : [];
  return [
    ...own,
    ...Object.entries(schema).flatMap(([key, value]) => describedIn(value, key === "properties" ? place : `${place}.${key}`)),
  ];
}
