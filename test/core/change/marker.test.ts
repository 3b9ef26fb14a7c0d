import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMarker, markedBody, readMarker, supersededBody, type PullRequestMarker } from "../../../src/core/change/marker.ts";

const hex = (length: number) => fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const markers: fc.Arbitrary<PullRequestMarker> = fc.record({
  change: hex(12),
  targets: fc.array(
    fc.array(hex(12), { minLength: 1, maxLength: 3 }).map((ids) => ids.join("/")),
    { minLength: 1, maxLength: 5 },
  ),
  edit: hex(12),
  commit: fc.option(hex(40), { nil: undefined }),
  run: fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed()),
  supersededBy: fc.option(fc.oneof(fc.integer({ min: 1, max: 999_999 }), fc.constant("base" as const)), { nil: undefined }),
});
const marker: PullRequestMarker = {
  change: "0123456789ab",
  targets: ["abcdefabcdef"],
  edit: "000000000000",
  commit: "a".repeat(40),
  run: "run 1",
  supersededBy: undefined,
};

test("a marker is one invisible line, and is read back", () => {
  expect(formatMarker(marker)).toBe(
    `<!-- fairlead change=0123456789ab target=abcdefabcdef edit=000000000000 commit=${"a".repeat(40)} run=run%201 -->`,
  );
  const isRead = (each: PullRequestMarker): void => void expect(readMarker(`words\n\n${formatMarker(each)}\nmore`)).toEqual(each);
  fc.assert(fc.property(markers, isRead));
});

test("text that a person writes below the marker is kept, whatever it is", () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes("<!--")),
      markers,
      (below, next) => {
        const before = `${markedBody("old", marker)}${below}`;
        expect(markedBody("new", next, before)).toBe(`new\n\n${formatMarker(next)}\n${below.replace(/^\r?\n/, "")}`);
      },
    ),
  );
});

test("a body that a browser returned with other line ends is read", () => {
  expect(readMarker(markedBody("words", marker).replaceAll("\n", "\r\n"))).toEqual(marker);
});

test.each([
  ["no marker", "words"],
  ["two", `${formatMarker(marker)}\n${formatMarker(marker)}`],
  ["one within a line", `so: ${formatMarker(marker)}`],
  ["one with a field more", formatMarker(marker).replace(" run=", " more=1 run=")],
  ["one in capitals", formatMarker(marker).toUpperCase()],
])("a body with %s has no marker", (_what, body) => {
  expect(readMarker(body)).toBeUndefined();
});

test("a superseded body differs only in its marker", () => {
  const body = `${markedBody("words", marker)}below`;
  expect(supersededBody(body, 7)).toBe(body.replace(" -->", " superseded-by=7 -->"));
  expect(supersededBody(supersededBody(body, 7), 7)).toBe(supersededBody(body, 7));
});
