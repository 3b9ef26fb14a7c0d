import { expect, test } from "vitest";
import { lookAfter } from "../../../src/core/gate/pace.ts";
import { createRest } from "../../../webhook/run/resting.ts";

const now = Date.parse("2026-01-02T03:04:05Z");
const minute = 60_000;

async function restOf(until: number, lookAgain?: number): Promise<number> {
  const rest = createRest(() => now);
  rest.watch({ type: "step-started", id: 1, step: "approve", key: "" });
  void rest.pause({ for: "it", seen: "", until: new Date(now + until), ...(lookAgain !== undefined && { lookAfter: lookAgain }) }, 2_000);
  return (await rest.begun).untilMilliseconds;
}

test("a run rests half a minute without an event, longer where its step says so, and never beyond its patience", async () => {
  expect(await Promise.all([restOf(60 * minute), restOf(60 * minute, 5 * minute), restOf(minute, 5 * minute), restOf(1_000)])).toEqual([
    30_000, 300_000, 60_000, 1_000,
  ]);
});

test("a gate is looked at less often the longer it is closed, and at least every five minutes", () => {
  const after = (waited: number): number => lookAfter({ began: new Date(now), now: () => new Date(now + waited) });
  expect([0, 10, 20, 60, 6_000].map((minutes) => after(minutes * minute))).toEqual([30_000, 30_000, 60_000, 180_000, 300_000]);
});
