import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { runStates } from "../../webhook/store.ts";
import { anchorsOf, linksOf, proseLines, sentencesOf, wordCount } from "./markdown.ts";
import { expectNone, pages } from "./pages.ts";

const mostWords = 25;

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
  const sources = globSync(["bin/**/*.ts", "src/**/*.ts", "webhook/**/*.ts"]).map((file) => readFileSync(file, "utf8"));
  const isSaid = (message: string): boolean => {
    const parts = message.split(/…|#…|sha256:…/).map((part) => part.replace(/^["\s:]+|["\s:]+$/g, ""));
    return sources.some((source) => parts.every((part) => source.includes(part)));
  };
  const text = pages.get("docs/troubleshooting.md")!;
  const messages = [...text.matchAll(/^### `([^`]*)`/gm)].map(([, message]) => message!);
  expect(messages.filter((message) => !isSaid(message))).toEqual([]);
  expect(messages.length).toBeGreaterThan(40);
});

test('each path of ARCHITECTURE.md\'s "Where do I change X?" exists', () => {
  const [, section = ""] = pages.get("ARCHITECTURE.md")!.split(/^## Where do I change X\?$/m);
  const paths = [...section.matchAll(/`([\w.-]+\/[\w./-]*|[\w-]+\.(?:json|ts|md))`/g)].map(([, path]) => path!);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  expect(paths.length).toBeGreaterThan(40);
});

test("each state of a run has a row in docs/listener.md", () => {
  const rows = [...pages.get("docs/listener.md")!.matchAll(/^\| `([a-z]+)` +\|/gm)].map(([, name]) => name!);
  expect(rows).toEqual(expect.arrayContaining([...runStates]));
});
