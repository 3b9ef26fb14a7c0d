import { globSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

const longest = 25;

/** A title that begins with one of these words continues a sentence that a CI log does not show. */
const fragments: ReadonlySet<string> = new Set(
  [
    "is are was were has have had does do did may can cannot must will",
    "that this it they and or but not never so also then",
    "because when whenever where while if unless as after before until once",
    "what whatever who whoever whose which how why",
    "with without of for from to in into on at by over beside within through between among under during against",
    "accepts answers asks comes ends finds gets gives keeps knows lands leaves lists looks makes moves needs opens",
    "prints pushes reads refuses returns runs says sends serves shows spells stays takes tells throws waits wants writes",
  ].flatMap((line) => line.split(" ")),
);

interface Title {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const titles = globSync("test/**/*.ts", { exclude: ["**/fixtures/**"] }).flatMap(titlesIn);

test.each([
  ["stands alone", "a tag resolves to its digest", undefined],
  ["begins in mid-sentence", "that a tag resolves", 'it begins with "that": name the subject first'],
  ["has no words of its own", "%s", "it has no words of its own"],
  ["is too long", "a word ".repeat(13).trim(), "it has 26 words: say it in 25"],
])("a title that %s is judged so", (_what, title, problem) => {
  expect(problemOf(title)).toBe(problem);
});

test("every test title stands alone in a log, in at most 25 words", () => {
  const problems = titles.flatMap((title) => problemOf(title.text)?.replace(/^/, `${place(title)}: `) ?? []);
  expect(problems).toEqual([]);
});

test("every test title is unique in its file", () => {
  const seen = new Set<string>();
  const again = titles.filter(({ file, text }) => seen.size === seen.add(`${file} ${text}`).size);
  expect(again.map(place)).toEqual([]);
});

/** Returns a title as `test/git.test.ts:92 "a wrong token is an error"`. */
function place({ file, line, text }: Title): string {
  return `${file}:${line} ${JSON.stringify(text)}`;
}

/** Returns what is wrong with a title; undefined if it is fine. `%s` and `$name` stand for a word of a table. */
function problemOf(title: string): string | undefined {
  const words = title.split(/\s+/);
  const [first = ""] = words;
  if (!words.some((word) => /^[\p{L}\d]/u.test(word))) return "it has no words of its own";
  if (fragments.has(first.toLowerCase())) return `it begins with "${first}": name the subject first`;
  return words.length > longest ? `it has ${words.length} words: say it in ${longest}` : undefined;
}

/** Returns the titles of `test(…)`, `test.each(…)(…)` and the like in a file. */
function titlesIn(file: string): readonly Title[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  const found: Title[] = [];
  const visit = (node: ts.Node): void => {
    const [title] = ts.isCallExpression(node) && /^(test|it)$/.test(calleeOf(node)) ? node.arguments : [];
    if (title !== undefined && ts.isStringLiteralLike(title)) {
      found.push({ file, line: source.getLineAndCharacterOfPosition(title.getStart(source)).line + 1, text: title.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Returns the name that a call begins with: `test` of `test.each([…])("…", …)`. */
function calleeOf(call: ts.CallExpression): string {
  let callee: ts.Node = call.expression;
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) ? callee.text : "";
}
