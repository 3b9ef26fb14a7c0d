import { expect, test } from "vitest";
import { claim, minute, queue, rested, start, type Bed } from "./bed.ts";

/** The key of a step that is done once among all runs. */
export function keyContract(open: () => Promise<Bed>): void {
  const ours = { state: "ours", since: null } as const;

  test("one of two runs that claim a key at once has it, and the other gets its result once the step is done", async () => {
    await using bed = await open();
    const { store } = bed;
    await queue(store, "a");
    await queue(store, "b");
    const [one, other] = [await claim(store, "w-1"), await claim(store, "w-2")];
    const again = await bed.again();
    const both = await Promise.all([store.claimKey(one, "notify", "k"), again.claimKey(other, "notify", "k")]);
    expect(both.toSorted((a, b) => b.state.localeCompare(a.state))).toEqual([
      ours,
      { state: "held", by: both[0].state === "ours" ? one.id : other.id },
    ]);
    const [holder, waiting] = both[0].state === "ours" ? [one, other] : [other, one];
    expect([await store.claimKey(holder, "notify", "other"), await store.claimKey(waiting, "retag", "k")]).toEqual([ours, ours]);
    bed.advance(7);
    expect(await store.claimKey(holder, "notify", "k")).toEqual({ state: "ours", since: start.getTime() });
    await store.record(holder, "notify", "k", { result: { id: "1.2" }, changed: true });
    const done = { state: "done", result: { id: "1.2" } };
    expect(await store.claimKey(waiting, "notify", "k")).toEqual(done);
    await store.finish(holder, { state: "succeeded", result: null });
    expect(await store.claimKey(waiting, "notify", "k")).toEqual(done);
  });

  test("a run that is retried keeps its key, and one that has failed leaves it to the next, with its first time", async () => {
    await using bed = await open();
    const { store } = bed;
    await queue(store, "a");
    await queue(store, "b");
    const [first, second] = [await claim(store, "w-1"), await claim(store, "w-2")];
    expect(await store.claimKey(first, "notify", "k")).toEqual(ours);
    await store.finish(first, { state: "failed", retry: true, error: { code: "unavailable", message: "later" } });
    expect(await store.claimKey(second, "notify", "k")).toEqual({ state: "held", by: first.id });
    bed.advance(rested);
    const repeated = await claim(store, "w-1");
    expect(repeated.id).toBe(first.id);
    await store.finish(repeated, { state: "failed", retry: false, error: { code: "forbidden", message: "no" } });
    expect(await store.claimKey(second, "notify", "k")).toEqual({ state: "ours", since: start.getTime() });
  });

  test("a key is claimed by nobody whose run is another's by now, and is forgotten with its run", async () => {
    await using bed = await open();
    const { store } = bed;
    await queue(store, "a");
    const stale = await claim(store, "w-1");
    expect(await store.claimKey(stale, "notify", "k")).toEqual(ours);
    await store.finish(stale, { state: "failed", retry: false, error: { code: "forbidden", message: "no" } });
    await expect(store.claimKey(stale, "notify", "k")).rejects.toMatchObject({ code: "conflict" });
    bed.advance(60 * minute);
    await store.prune(30 * minute);
    await queue(store, "b");
    expect(await store.claimKey(await claim(store, "w-2"), "notify", "k")).toEqual(ours);
  });
}
