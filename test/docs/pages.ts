import { globSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Located } from "./markdown.ts";

/** The pages that are read by people who use fairlead or work on it, by their paths. */
export const pages: ReadonlyMap<string, string> = new Map(
  ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", ...globSync(["docs/*.md", "examples/*/README.md"])]
    .sort()
    .map((page) => [page, readFileSync(page, "utf8")]),
);

/** Looks at each page, and expects that nothing is told of any: problems are `FILE:LINE: …`. */
export function expectNone(problemsOf: (text: string, page: string) => readonly Located[]): void {
  const problems = [...pages].flatMap(([page, text]) => problemsOf(text, page).map((each) => `${page}:${each.line}: ${each.text}`));
  expect(problems).toEqual([]);
}
