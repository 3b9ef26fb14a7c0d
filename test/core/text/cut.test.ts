import fc from "fast-check";
import { expect, test } from "vitest";
import { cut, cutLine } from "../../../src/core/text/cut.ts";

test("cut leaves a text that fits, and ends a longer one with …", () => {
  expect([cut("abc", 3), cut("abcd", 3), cut("abcd", 1), cut("", 0)]).toEqual(["abc", "ab…", "…", ""]);
});

test("cut splits no pair of surrogates, no emoji of several parts and no letter with its accents", () => {
  const family = "👨‍👩‍👧";
  expect(cut("ab🚀cd", 4)).toBe("ab…");
  expect(cut("ab🚀cd", 5)).toBe("ab🚀…");
  expect(cut(`ab${family}cd`, 9)).toBe("ab…");
  expect(cut("abe\u0301cd", 4)).toBe("ab…");
});

test("cut of a letter with accents without end is still a text of that length", () => {
  expect(cut(`a${"\u0301".repeat(500)}`, 100)).toBe(`a${"\u0301".repeat(98)}…`);
  expect(cut(`a${"\u{E0100}".repeat(500)}`, 101)).toBe(`a${"\u{E0100}".repeat(49)}…`);
});

test("cut of any text is no longer than its limit, and as well-formed as the text", () => {
  const letters = fc.constantFrom("a", "🚀", "\u0301", "\u200d", "👩", "\u{E0100}", "\n", "ä");
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 200 }), fc.nat({ max: 200 }), (text, limit) => {
      const shown = cut(text, limit + 1);
      expect(shown.length).toBeLessThanOrEqual(limit + 1);
      expect(shown.isWellFormed()).toBe(true);
      expect(text.startsWith(shown.replace(/…$/, ""))).toBe(true);
    }),
  );
});

test("cutLine makes one line of a foreign text, without control characters", () => {
  expect(cutLine("  no\u001b[31m \r\n\tsuch\u202e thing ", 20)).toBe("no [31m such thing");
  expect(cutLine("one\ntwo three", 8)).toBe("one two…");
});
