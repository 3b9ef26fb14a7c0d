import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { FairleadError } from "../../src/core/errors.ts";
import { retry, retryAfter, type Retry, type RetryOptions } from "../../src/core/retry.ts";

/** A retry that records its pauses instead of waiting. */
function world(signal = new AbortController().signal): { pauses: number[]; options: RetryOptions } {
  const pauses: number[] = [];
  const delay = (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    return Promise.resolve();
  };
  return { pauses, options: { doing: "read it", signal, attempts: 4, firstPause: 100, delay } };
}

const failing = (): Promise<never> => Promise.reject(new Error("down"));

test("a request that succeeds is sent once", async () => {
  const { pauses, options } = world();
  expect(
    await retry(
      () => Promise.resolve("up"),
      () => "no",
      options,
    ),
  ).toBe("up");
  expect(pauses).toEqual([]);
});

test("a failing request is retried up to the limit, each pause up to twice the last", async () => {
  const { pauses, options } = world();
  await expect(retry(failing, () => "back-off", options)).rejects.toThrow("down");
  expect(pauses).toHaveLength(3);
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(50 * 2 ** index);
    expect(pause).toBeLessThanOrEqual(100 * 2 ** index);
  }
});

test("a pause is as long as the server asks for", async () => {
  const { pauses, options } = world();
  const answers = [503, 200];
  const judge = (ended: object): Retry => ("value" in ended && ended.value === 503 ? { after: 7_000 } : "no");
  expect(await retry(() => Promise.resolve(answers.shift()), judge, options)).toBe(200);
  expect(pauses).toEqual([7_000]);
});

test("an error that a retry would not change is thrown at once", async () => {
  const { pauses, options } = world();
  await expect(retry(failing, () => "no", options)).rejects.toThrow("down");
  expect(pauses).toEqual([]);
});

test("a request that is stopped during a pause is canceled", async () => {
  const stop = new AbortController();
  const delay: RetryOptions["delay"] = (_, signal) => {
    stop.abort();
    return sleep(60_000, undefined, { signal });
  };
  const running = retry(failing, () => "back-off", { ...world(stop.signal).options, delay });
  await expect(running).rejects.toEqual(new FairleadError("canceled", "read it: stopped"));
});

test("a request that fails because it was stopped is canceled, not retried", async () => {
  const stop = new AbortController();
  const { pauses, options } = world(stop.signal);
  const attempt = (): Promise<never> => {
    stop.abort();
    return failing();
  };
  await expect(retry(attempt, () => "back-off", options)).rejects.toEqual(new FairleadError("canceled", "read it: stopped"));
  expect(pauses).toEqual([]);
});

test("Retry-After is read as seconds or as a date, and anything else asks for nothing", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const read = (header: string | null): number | undefined => retryAfter(header, now);
  expect(read(" 120 ")).toBe(120_000);
  expect(read("Thu, 01 Jan 2026 00:00:05 GMT")).toBe(5_000);
  expect(read("Wed, 31 Dec 2025 00:00:00 GMT")).toBe(0);
  expect([read(null), read(""), read("soon")]).toEqual([undefined, undefined, undefined]);
});
