import { expect, test } from "vitest";
import { createLimiter, mapLimited } from "../../src/core/limit.ts";
import { once } from "../../src/core/once.ts";

/** Work that ends on demand, and counts how much of it ran at once. */
function gauge(): { most: () => number; work: <T>(result: T) => Promise<T> } {
  let running = 0;
  let most = 0;
  const work = async <T>(result: T): Promise<T> => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running -= 1;
    return result;
  };
  return { most: () => most, work };
}

test("a limiter runs no more than its limit at once, and everything in the end", async () => {
  const { most, work } = gauge();
  const limited = createLimiter(3);
  expect(await Promise.all([1, 2, 3, 4, 5, 6, 7].map((each) => limited(() => work(each))))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most()).toBe(3);
});

test("a failure frees its place in the limiter", async () => {
  const limited = createLimiter(1);
  await expect(limited(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await limited(() => Promise.resolve("next"))).toBe("next");
});

test("mapLimited keeps the order of the list", async () => {
  const { most, work } = gauge();
  expect(await mapLimited(2, ["a", "b", "c", "d", "e"], work)).toEqual(["a", "b", "c", "d", "e"]);
  expect(most()).toBe(2);
  expect(await mapLimited(2, [], work)).toEqual([]);
});

test("mapLimited starts nothing more after a failure, waits for the rest, and throws the first error", async () => {
  const done: number[] = [];
  const work = async (each: number): Promise<void> => {
    await new Promise(setImmediate);
    if (each === 1) throw new Error(`${each} failed`);
    await new Promise(setImmediate);
    done.push(each);
  };
  await expect(mapLimited(2, [1, 2, 3, 4], work)).rejects.toThrow("1 failed");
  expect(done).toEqual([2]);
});

test("concurrent calls with one key share one result, and a failure is retried", async () => {
  const made = new Map<string, Promise<unknown>>();
  let count = 0;
  const make = (): Promise<number> => Promise.resolve(++count);
  expect(await Promise.all([once(made, "a", make), once(made, "a", make)])).toEqual([1, 1]);
  await expect(once(made, "b", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await once(made, "b", make)).toBe(2);
});
