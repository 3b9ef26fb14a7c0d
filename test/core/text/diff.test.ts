import { applyPatch, createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import fc from "fast-check";
import { expect, test } from "vitest";
import { unifiedDiff } from "../../../src/core/text/diff.ts";
import { spliceText, type Splice } from "../../../src/core/text/splice.ts";

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

test("the hunks of an edit come from its splices, and neighbouring places share one", () => {
  const old = lines("1", "2", "tag: a", "tag: b", "5", "6", "7", "tag: c", "9", "10", "11", "12", "13", "14", "15", "tag: d");
  const splices = ["a", "b", "c", "d"].map((letter) => {
    const start = old.indexOf(`tag: ${letter}`) + "tag: ".length;
    return { start, end: start + 1, source: letter.toUpperCase() };
  });
  expect(unifiedDiff(files({ x: old }), files({ x: spliceText(old, splices) }), new Map([["x", splices]]))).toBe(
    lines(
      ...["--- a/x", "+++ b/x", "@@ -1,11 +1,11 @@", " 1", " 2", "-tag: a", "-tag: b", "+tag: A", "+tag: B", " 5", " 6", " 7"],
      ...["-tag: c", "+tag: C", " 9", " 10", " 11", "@@ -13,4 +13,4 @@", " 13", " 14", " 15", "-tag: d", "+tag: D"],
    ),
  );
});

test("splices that do not make the new text are not believed", () => {
  const splices = new Map([["x", [{ start: 0, end: 1, source: "b" }]]]);
  expect(unifiedDiff(files({ x: "a\nb\n" }), files({ x: "a\nc\n" }), splices)).toBe(
    lines("--- a/x", "+++ b/x", "@@ -1,2 +1,2 @@", " a", "-b", "+c"),
  );
});

/** A text of different lines, and splices of it whose characters are in no line: then there is only one shortest diff. */
const splicedText = fc
  .record({
    lines: fc.array(fc.constantFrom("\n", "a\n", "b: c\r\n", "ä\n"), { maxLength: 30 }),
    last: fc.constantFrom("", "end"),
    cuts: fc.array(fc.record({ at: fc.nat(120), length: fc.nat(3), source: fc.constantFrom("X", "YY", "X\nY", "Ü") }), { maxLength: 8 }),
  })
  .map(({ lines: parts, last, cuts }) => {
    const text = [...parts.map((part, index) => `${index} ${part}`), last].join("");
    let end = 0;
    const splices = cuts
      .toSorted((a, b) => a.at - b.at)
      .flatMap(({ at, length, source }): readonly Splice[] => {
        const start = Math.max(end, at);
        if (start + length > text.length || text.slice(start, start + length).includes("\n")) return [];
        end = start + length + 1; // two splices in one place have no order
        return [{ start, end: start + length, source }];
      });
    return { text, splices };
  });

test("the diff of an edit is that of the package diff, for any small file and any places", () => {
  fc.assert(
    fc.property(splicedText, ({ text, splices }) => {
      const after = spliceText(text, splices);
      const expected = createTwoFilesPatch("a/x", "b/x", text, after, undefined, undefined, {
        context: 3,
        headerOptions: FILE_HEADERS_ONLY,
      });
      const made = unifiedDiff(files({ x: text }), files({ x: after }), new Map([["x", splices]]));
      expect(made).toBe(text === after ? "" : expected);
    }),
    { numRuns: 2_000 },
  );
});

test("a path is quoted in the diff as the package diff quotes it, for any path", () => {
  const paths = fc.oneof(
    fc.string({ minLength: 1, unit: "grapheme" }),
    fc.string({ minLength: 1, unit: fc.constantFrom(...'a\n\r\t\x1b\x7f"\\ é') }),
  );
  fc.assert(
    fc.property(paths, (path) => {
      const expected = createTwoFilesPatch(`a/${path}`, `b/${path}`, "1\n", "2\n", undefined, undefined, {
        headerOptions: FILE_HEADERS_ONLY,
      });
      expect(unifiedDiff(files({ [path]: "1\n" }), files({ [path]: "2\n" }))).toBe(expected);
    }),
  );
});

test("the diff of any two small files makes one of the other", () => {
  const text = fc.array(fc.constantFrom("a", "b", "\n", "\n", "c"), { maxLength: 20 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const made = unifiedDiff(files({ x: before }), files({ x: after }));
      expect(before === after ? before : applyPatch(before, made)).toBe(after);
    }),
    { numRuns: 2_000 },
  );
});

test("the work of a diff grows as the number of changed places, not as its square", () => {
  const work = (places: number): { hunks: number; reads: number } => {
    let reads = 0;
    const document = "---\nkind: Pod\na: 1\nb: 2\nc: 3\nimage: app:1\nd: 4\ne: 5\nf: 6\n";
    const old = document.repeat(places);
    const splices = Array.from({ length: places }, (_, index) => {
      const start = index * document.length + document.indexOf(":1\n") + 1;
      return { get start() { return reads++, start; }, get end() { return reads++, start + 1; }, source: "2" }; // prettier-ignore
    });
    const diff = unifiedDiff(files({ x: old }), files({ x: old.replaceAll("app:1", "app:2") }), new Map([["x", splices]]));
    return { hunks: diff.split("\n@@ ").length - 1, reads };
  };
  const [some, twice] = [work(2_000), work(4_000)];
  expect([some.hunks, twice.hunks]).toEqual([2_000, 4_000]);
  expect(twice.reads / some.reads).toBeLessThan(2.5); // they are sorted
});
