import { describe, expect, test } from "vitest";
import { duration, durationText, formatSpan, type DurationLimits } from "../../src/core/quantity.ts";

/** Returns milliseconds, or what is wrong. */
function read(text: unknown, limits?: DurationLimits): unknown {
  const { data, error } = duration(limits).safeParse(text);
  return error?.issues.map(({ message }) => message).join("; ") ?? data;
}

describe("a span of time", () => {
  const usual = "expected a time such as 90s, 30m, 2h or 7d";

  test.each([
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
  ])("a span of time %s is %i milliseconds, and is written the same again", (text, milliseconds) => {
    expect([read(text), durationText().parse(text), formatSpan(milliseconds)]).toEqual([milliseconds, text, text]);
  });

  test.each([
    ["30", "it has no unit: say 30m"],
    [30, "it has no unit: say 30m"],
    [0, "it has no unit: say 0s"],
    ["soon", usual],
    ["1.5h", usual],
    ["-1m", usual],
    ["30 m", usual],
    ["30M", usual],
    ["0s", usual],
    ["1h30m", usual],
    ["25d", "expected a time of at most 24d"],
    [true, "Invalid input: expected string, received boolean"],
  ])("a span of time %j is refused: %s", (given, message) => {
    expect(read(given)).toBe(message);
  });

  test("a span of time of no length is one where the field takes it", () => {
    expect([read("0s", { zero: true }), read("8d", { days: 7, zero: true }), read("soon", { zero: true })]).toEqual([
      0,
      "expected a time of at most 7d",
      "expected a time such as 90s, 30m, 2h or 7d, or 0s",
    ]);
  });

  test("a span of time is written in the largest unit that leaves no rest", () => {
    expect([90_000, 3_600_000, 5_400_000, 172_800_000, 0].map(formatSpan)).toEqual(["90s", "1h", "90m", "2d", "0s"]);
  });
});
