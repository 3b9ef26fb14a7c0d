import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { commands } from "../src/cmd/index.ts";
import { helpFlag, jsonFlag, verboseFlag } from "../src/cmd/flag.ts";
import { parse } from "../src/cmd/parse.ts";
import { asFairleadError } from "../src/core/errors.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { listenerCommands } from "../webhook/commands.ts";
import { readConfig } from "../webhook/config.ts";
import { receivers } from "../webhook/receivers/index.ts";
import { anchorsOf, callsOf, commandLines, type Fence, fencesOf, linksOf, proseLines, sentencesOf, wordCount } from "./markdown.ts";

/** The pages that are read by people who use fairlead or work on it. */
const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", ...globSync(["docs/*.md", "examples/*/README.md"])].sort();
const texts = new Map(pages.map((page) => [page, readFileSync(page, "utf8")]));
const allCommands = [...commands, ...listenerCommands];
const mostWords = 25;

/** Looks at each page, and expects that nothing is told of any: problems are `FILE:LINE: …`. */
function expectNone(problemsOf: (text: string, page: string) => readonly { readonly line: number; readonly text: string }[]): void {
  const problems = [...texts].flatMap(([page, text]) => problemsOf(text, page).map((each) => `${page}:${each.line}: ${each.text}`));
  expect(problems).toEqual([]);
}

/** Returns what the command line would say against a call; undefined when it takes it. */
async function refusalOf([name = "--help", ...args]: readonly string[]): Promise<string | undefined> {
  if (name === "--help" || name === "--version") return undefined;
  const command = allCommands.find((each) => each.name === name);
  if (command === undefined) return `unknown command "${name}"`;
  const { flags } = await command.load();
  if (args.includes("--help")) return undefined;
  try {
    parse(name, [...flags, jsonFlag, verboseFlag, helpFlag], args);
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

test("each fairlead command in README and docs is one that the command line takes", async () => {
  const calls = [...texts].flatMap(([page, text]) =>
    fencesOf(text)
      .flatMap(shellsOf)
      .flatMap((fence) =>
        commandLines(fence).flatMap(({ line, text: shell }) =>
          callsOf("fairlead", shell).map((args) => ({ place: `${page}:${line}`, args })),
        ),
      ),
  );
  const problems: string[] = [];
  for (const { place, args } of calls) {
    const problem = await refusalOf(args);
    if (problem !== undefined) problems.push(`${place}: fairlead ${args.join(" ")}: ${problem}`);
  }
  expect(problems).toEqual([]);
  expect(calls.length).toBeGreaterThan(40);
});

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

test("each relative link and anchor in README and docs leads somewhere", () => {
  expectNone((text, page) =>
    linksOf(text).filter(({ text: target }) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : normalize(join(dirname(page), path));
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(file, "utf8")).has(anchor);
    }),
  );
});

test("each fairlead.yaml in README and docs is one that the listener takes", () => {
  let count = 0;
  expectNone((text) =>
    fencesOf(text)
      .filter(({ language, code }) => language === "yaml" && /^version: 1$/m.test(code))
      .flatMap(({ line, code }) => {
        count++;
        try {
          readConfig(code, { path: "fairlead.yaml", receivers, pipelines });
          return [];
        } catch (error) {
          return [{ line, text: asFairleadError(error).message }];
        }
      }),
  );
  expect(count).toBeGreaterThan(3);
});

test("each other block of YAML in README and docs can be read", () => {
  expectNone((text) =>
    fencesOf(text)
      .filter(({ language }) => language === "yaml")
      .flatMap(({ line, code }) => parseAllDocuments(code).flatMap(({ errors }) => errors.map(({ message }) => ({ line, text: message })))),
  );
});

test(`no sentence of README and docs has more than ${mostWords} words`, () => {
  expectNone((text) =>
    sentencesOf(text).flatMap((sentence) => {
      const words = wordCount(sentence.text);
      return words > mostWords ? [{ line: sentence.line, text: `${words} words: ${sentence.text.replaceAll("\n", " ")}` }] : [];
    }),
  );
});

test('README and docs say "entry point", and no door', () => {
  expectNone((text) => proseLines(text).flatMap((line, index) => (/\bdoors?\b/i.test(line) ? [{ line: index + 1, text: line }] : [])));
});

test("each message of docs/troubleshooting.md is one that fairlead says", () => {
  const sources = globSync(["src/**/*.ts", "webhook/**/*.ts"]).map((file) => readFileSync(file, "utf8"));
  const isSaid = (message: string): boolean => {
    const parts = message.split(/…|#…|sha256:…/).map((part) => part.replace(/^["\s:]+|["\s:]+$/g, ""));
    return sources.some((source) => parts.every((part) => source.includes(part)));
  };
  const text = texts.get("docs/troubleshooting.md")!;
  const messages = [...text.matchAll(/^### `([^`]*)`/gm)].map(([, message]) => message!);
  expect(messages.filter((message) => !isSaid(message))).toEqual([]);
  expect(messages.length).toBeGreaterThan(40);
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

test("the program of docs/library.md is the one of examples/library, which is type-checked", () => {
  const [fence] = fencesOf(texts.get("docs/library.md")!);
  const program = readFileSync("examples/library/ship.ts", "utf8").replace('"../../src/library.ts"', '"fairlead"');
  expect(`${fence?.code}\n`).toBe(program);
});
