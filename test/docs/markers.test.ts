import { expect, test } from "vitest";
import { markerProblems } from "../../scripts/markers.ts";

const problems = (...lines: readonly string[]): readonly string[] => markerProblems("a.md", lines.join("\n"), ["flags", "errors"]);

test("markers of a document that match are fine, and so is a comment within a line or in code", () => {
  expect(
    problems(
      "<!-- generated: flags -->",
      "| a |",
      "<!-- end -->",
      "<!-- transcript -->",
      "```console",
      "<!-- end -->",
      "```",
      "A transcript follows `<!-- transcript -->`;",
      "<!-- generated: errors -->",
      "<!-- end -->",
    ),
  ).toEqual([]);
});

test("an unknown or unmatched marker of a document is named with its line", () => {
  expect(
    problems(
      "<!-- end -->",
      "<!-- generated: flag -->",
      "<!-- generated: errors -->",
      "<!-- end -->",
      "<!-- generated:flags -->",
      "<!-- End -->",
      "  <!-- transcripts",
      "<!-- generated: flags -->",
      "<!-- transcript -->",
      "<!-- end -->",
      "<!-- generated: flags -->",
    ),
  ).toEqual([
    "a.md:1: no generated part ends here",
    'a.md:2: there is no generated part "flag"',
    'a.md:3: "flag" of line 2 has no end before it',
    'a.md:5: there is no marker "generated:flags"',
    'a.md:6: there is no marker "End"',
    'a.md:7: there is no marker "transcripts"',
    'a.md:9: "flags" of line 8 has no end before it',
    'a.md:11: "flags" is there twice',
    'a.md:11: "flags" has no end',
  ]);
});
