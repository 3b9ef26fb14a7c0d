import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { linksOf } from "./markdown.ts";

/** Whether the title of one of its tests begins with the number of an attack. */
function namesAttack(file: string): boolean {
  return /["`]attack [A-Z]?\d+\b/.test(readFileSync(file, "utf8"));
}

test("each test of an attack is in a row of SECURITY.md, by its file or its folder", () => {
  const rows = readFileSync("SECURITY.md", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| "));
  const linked = linksOf(rows.join("\n")).map(({ text }) => text);
  const attacks = globSync("test/**/*.test.ts").filter((file) => file.startsWith("test/attack/") || namesAttack(file));
  const missing = attacks.filter((file) => !linked.some((target) => file === target || file.startsWith(`${target}/`)));
  expect([attacks.length > 0, missing]).toEqual([true, []]);
});
