import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { asFairleadError } from "../../src/core/errors.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { readConfig } from "../../webhook/config.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import { fencesOf } from "./markdown.ts";
import { expectNone, pages } from "./pages.ts";

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

test("the program of docs/library.md is the one of examples/library, which is type-checked", () => {
  const [fence] = fencesOf(pages.get("docs/library.md")!);
  const program = readFileSync("examples/library/ship.ts", "utf8").replace('"../../src/library.ts"', '"fairlead"');
  expect(`${fence?.code}\n`).toBe(program);
});
