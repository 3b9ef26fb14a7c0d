import { expect, test } from "vitest";
import { duration } from "../../src/config/values.ts";
import { keyValues } from "../../src/core/run/input.ts";

test("a duration is milliseconds, and at most what a timer can wait", () => {
  expect(duration().parse("90s")).toBe(90_000);
  expect(duration().parse("24d")).toBe(24 * 86_400_000);
  expect(duration().safeParse("25d").error?.issues[0]?.message).toBe("expected a time of at most 24d");
  expect(duration({ days: 400 }).parse("30d")).toBe(30 * 86_400_000);
});

test("a key named __proto__ is refused, not lost", () => {
  expect(keyValues().safeParse(["__proto__=x"]).error?.issues[0]?.message).toBe('"__proto__" cannot be a name');
});
