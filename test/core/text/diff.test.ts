import { expect, test } from "vitest";
import { unifiedDiff } from "../../../src/core/text/diff.ts";

const files = (texts: Readonly<Record<string, string>>): Map<string, Uint8Array> =>
  new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));

const lines = (...changed: readonly string[]): string => [...changed, ""].join("\n");

test("a change is shown with three lines of context, and files in order of path", () => {
  const before = files({ "b/two.yaml": lines("x: 1"), "a/one.yaml": lines("1", "2", "3", "4", "tag: 1.4.2", "6", "7", "8", "9") });
  const after = files({ "a/one.yaml": lines("1", "2", "3", "4", "tag: 1.4.3", "6", "7", "8", "9"), "b/two.yaml": lines("x: 2") });
  expect(unifiedDiff(before, after)).toBe(
    lines(
      "--- a/a/one.yaml",
      "+++ b/a/one.yaml",
      "@@ -2,7 +2,7 @@",
      " 2",
      " 3",
      " 4",
      "-tag: 1.4.2",
      "+tag: 1.4.3",
      " 6",
      " 7",
      " 8",
      "--- a/b/two.yaml",
      "+++ b/b/two.yaml",
      "@@ -1,1 +1,1 @@",
      "-x: 1",
      "+x: 2",
    ),
  );
});

test("a new or deleted file is compared with /dev/null", () => {
  expect(unifiedDiff(files({ "old.yaml": "a: 1\n" }), files({ "new.yaml": "a: 1\n" }))).toBe(
    lines("--- /dev/null", "+++ b/new.yaml", "@@ -0,0 +1,1 @@", "+a: 1", "--- a/old.yaml", "+++ /dev/null", "@@ -1,1 +0,0 @@", "-a: 1"),
  );
});

test("CRLF and a missing line end are kept and shown", () => {
  expect(unifiedDiff(files({ a: "x: 1\r\ny: 1" }), files({ a: "x: 1\r\ny: 2" }))).toBe(
    lines(
      "--- a/a",
      "+++ b/a",
      "@@ -1,2 +1,2 @@",
      " x: 1\r",
      "-y: 1",
      "\\ No newline at end of file",
      "+y: 2",
      "\\ No newline at end of file",
    ),
  );
});

test("equal files are left out, and files that are not UTF-8 only differ", () => {
  const before = new Map([
    ["same.bin", Uint8Array.of(0xff)],
    ["a.bin", Uint8Array.of(0xff)],
    ["same.yaml", Buffer.from("a: 1\n")],
  ]);
  const after = new Map([...before, ["a.bin", Uint8Array.of(0xfe)]] as const);
  expect(unifiedDiff(before, after)).toBe("Binary files a/a.bin and b/a.bin differ\n");
});
