import { expect, test } from "vitest";
import { all, claim, delivery, minute, queue, rested, run, start, statesOf, type Bed } from "./bed.ts";

const taken = { code: "conflict" };

export function claimContract(open: () => Promise<Bed>): void {
  test("a claim returns the run with a fence and the number of its attempt", async () => {
    await using bed = await open();
    const accepted = await bed.store.accept(delivery("d-1"), [run("a")]);
    bed.advance(5);
    expect(await bed.store.claim("w-1", minute)).toEqual({
      ...run("a"),
      id: accepted.runs[0],
      delivery: accepted.delivery,
      fence: 1,
      attempt: 1,
    });
    expect(await bed.store.run(accepted.runs[0]!)).toMatchObject({
      state: "running",
      startedAt: new Date(start.getTime() + 5),
      fence: 1,
      attempt: 1,
    });
  });

  test("many workers that claim at once get each run once", async () => {
    await using bed = await open();
    const ids = await Promise.all(Array.from({ length: 50 }, (_, index) => queue(bed.store, `lane ${index}`)));
    const stores = [bed.store, await bed.again(), await bed.again()];
    const claims = await Promise.all(Array.from({ length: 60 }, (_, index) => stores[index % 3]!.claim(`w-${index}`, minute)));
    const got = claims.flatMap((each) => (each === undefined ? [] : [each]));
    expect(got.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(new Set(got.map(({ fence }) => fence)).size).toBe(50);
  });

  test("a heartbeat prolongs the lease; without one the run goes to another, and what the first writes is refused", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a");
    const stale = await claim(store, "w-1");
    bed.advance(minute - 1);
    expect([await store.heartbeat(stale, minute), await store.reap()]).toEqual([{ canceled: false }, 0]);
    bed.advance(minute - 1);
    expect(await store.reap()).toBe(0);
    bed.advance(1);
    expect(await store.reap()).toBe(1);
    expect(await store.run(id)).toMatchObject({
      state: "queued",
      error: { message: "run pipeline: worker w-1 was not heard of for too long" },
    });
    bed.advance(rested);
    const fresh = await claim(store, "w-2");
    expect([fresh.id, fresh.attempt, fresh.fence > stale.fence]).toEqual([id, 2, true]);
    await expect(store.heartbeat(stale, minute)).rejects.toMatchObject(taken);
    await expect(store.record(stale, "push", "k", { result: null, changed: true })).rejects.toMatchObject(taken);
    await expect(store.log(stale, [{ at: start, text: "late" }])).rejects.toMatchObject(taken);
    await expect(store.finish(stale, { state: "succeeded", result: "stale" })).rejects.toMatchObject(taken);
    await store.finish(fresh, { state: "succeeded", result: "fresh" });
    await expect(store.finish(fresh, { state: "succeeded", result: "twice" })).rejects.toMatchObject(taken);
    expect(await store.run(id)).toMatchObject({ state: "succeeded", result: "fresh", error: undefined });
    expect([await store.recorded(fresh, "push", "k"), await all(store.logOf(id))]).toEqual([undefined, []]);
  });

  test("a run whose holder is known to be gone is queued at once before its lease is over, and none other is", async () => {
    await using bed = await open();
    const { store } = bed;
    const ids = [await queue(store, "a"), await queue(store, "b"), await queue(store, "c", { maxAttempts: 1 })];
    const [first, second] = [await claim(store, "w-1 10 of here"), await claim(store, "w-2 20 of here")];
    await claim(store, "w-3 30 of here");
    await store.noteGroup(first, 11);
    const asked: unknown[] = [];
    const gone = (...workers: readonly string[]) => store.reap((holder) => (asked.push(holder), workers.includes(holder.worker)));
    expect(await gone()).toBe(0);
    expect(asked).toEqual([
      { worker: "w-1 10 of here", group: 11 },
      { worker: "w-2 20 of here", group: undefined },
      { worker: "w-3 30 of here", group: undefined },
    ]);
    expect(await gone("w-1 10 of here", "w-3 30 of here")).toBe(2);
    expect(await statesOf(store, ...ids)).toEqual(["queued", "running", "parked"]);
    expect(await store.run(ids[0]!)).toMatchObject({ attempt: 1, error: { message: "run pipeline: worker w-1 has died" } });
    await expect(store.noteGroup(first, 12)).rejects.toMatchObject(taken);
    expect(await claim(store, "w-4")).toMatchObject({ id: ids[0], attempt: 2 }); // it has not rested
    expect(await store.reap(({ group }) => group === 11)).toBe(0); // the group is that of the attempt before
    expect(await store.heartbeat(second, minute)).toEqual({ canceled: false });
  });

  test("a run that loses its worker at its last attempt is parked", async () => {
    await using bed = await open();
    const id = await queue(bed.store, "a", { maxAttempts: 1 });
    await claim(bed.store);
    bed.advance(minute);
    await bed.store.reap();
    expect(await statesOf(bed.store, id)).toEqual(["parked"]);
  });

  test("a run that is given back starts at once, and the attempt does not count", async () => {
    await using bed = await open();
    const id = await queue(bed.store, "a", { maxAttempts: 1 });
    const first = await claim(bed.store);
    expect(await bed.store.finish(first, { state: "queued", reason: "the listener stops" })).toBe("queued");
    expect(await bed.store.run(id)).toMatchObject({ state: "queued", reason: "the listener stops", attempt: 0 });
    const second = await claim(bed.store);
    expect([second.attempt, second.fence > first.fence]).toEqual([1, true]);
  });

  test("a back-off is at most five minutes, and grows", async () => {
    await using bed = await open();
    await queue(bed.store, "a", { maxAttempts: 20 });
    for (let attempt = 1; attempt < 20; attempt++) {
      const claimed = await claim(bed.store);
      expect(claimed.attempt).toBe(attempt);
      await bed.store.finish(claimed, { state: "failed", retry: true, error: { code: "unavailable", message: "503" } });
      bed.advance(attempt === 1 ? 5_000 : rested);
    }
  });

  test("a run goes on with what its steps have recorded; one that is made anew has a journal of its own", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a");
    const first = await claim(store);
    await store.record(first, "push", "k", { result: { digest: "sha256:1" }, changed: true });
    await store.record(first, "push", "k", { result: { digest: "sha256:2" }, changed: false });
    await store.finish(first, { state: "queued", reason: "the listener stops" });
    const second = await claim(store);
    expect(await store.recorded(second, "push", "k")).toEqual({ result: { digest: "sha256:2" }, changed: false });
    expect([await store.recorded(second, "push", "other"), await store.recorded(second, "tag", "k")]).toEqual([undefined, undefined]);
    await store.finish(second, { state: "succeeded", result: null });
    const again = await store.rerun(id);
    const third = await claim(store);
    expect(third).toEqual({ ...second, id: again, fence: third.fence });
    expect([third.fence > second.fence, await store.recorded(third, "push", "k")]).toEqual([true, undefined]);
    expect(await store.run(again)).toMatchObject({ rerunOf: id, attempt: 1 });
    expect((await store.delivery(third.delivery))?.runs).toEqual([id, again]);
  });

  test("a log keeps its lines in order, through all attempts", async () => {
    await using bed = await open();
    const id = await queue(bed.store, "a");
    const line = (text: string): { at: Date; text: string } => ({ at: start, text });
    const first = await claim(bed.store);
    await Promise.all([bed.store.log(first, [line("1"), line("2")]), bed.store.log(first, [line("3")]), bed.store.log(first, [])]);
    await bed.store.finish(first, { state: "queued", reason: "" });
    await bed.store.log(await claim(bed.store), [line("4")]);
    expect(await all(bed.store.logOf(id))).toEqual(["1", "2", "3", "4"].map(line));
    expect([await all(bed.store.logOf(id, 2)), await all(bed.store.logOf(id, 4))]).toEqual([["3", "4"].map(line), []]);
    expect(await all(bed.store.logOf("none"))).toEqual([]);
  });

  test("cancel ends a queued or waiting run, asks a running one to stop, and refuses one that has ended", async () => {
    await using bed = await open();
    const { store } = bed;
    const [running, queued, waiting] = [await queue(store, "a"), await queue(store, "a"), await queue(store, "b")];
    const claimed = await claim(store);
    await store.finish(await claim(store), { state: "waiting", for: "a merge", wakeOn: { kind: "push" }, untilMilliseconds: minute });
    expect([await store.cancel(running), await store.cancel(queued), await store.cancel(waiting)]).toEqual([
      "running",
      "canceled",
      "canceled",
    ]);
    expect(await store.heartbeat(claimed, minute)).toEqual({ canceled: true });
    bed.advance(minute);
    await store.reap();
    expect(await statesOf(store, running, queued, waiting)).toEqual(["canceled", "canceled", "canceled"]);
    await expect(store.cancel(running)).rejects.toMatchObject({
      code: "conflict",
      message: `cancel run: ${running} has already ended as canceled`,
    });
    await expect(store.cancel("none")).rejects.toMatchObject({ code: "not_found" });
    await expect(store.rerun("none")).rejects.toMatchObject({ code: "not_found" });
    expect(await store.claim("w-1", minute)).toBeUndefined();
  });

  test("a run that is skipped says why, and one that fails keeps its error", async () => {
    await using bed = await open();
    const [a, b] = [await queue(bed.store, "a"), await queue(bed.store, "a")];
    await bed.store.finish(await claim(bed.store), { state: "skipped", reason: "not the head of main any more", outdated: true });
    const error = { code: "build_failed", message: "build: exit code 1", hint: "look at its log" } as const;
    await bed.store.finish(await claim(bed.store), { state: "failed", retry: false, error });
    expect(await bed.store.run(a)).toMatchObject({
      ...{ state: "skipped", reason: "not the head of main any more", outdated: true },
      endedAt: start,
    });
    expect(await bed.store.run(b)).toMatchObject({ state: "failed", error, endedAt: start });
  });

  test("a closed store refuses every call", async () => {
    await using bed = await open();
    const other = await bed.again();
    await other[Symbol.asyncDispose]();
    await expect(other.accept(delivery(), [])).rejects.toMatchObject({ code: "unavailable" });
    await expect(other.runs({ limit: 1 })).rejects.toMatchObject({ code: "unavailable" });
    expect(await bed.store.runs({ limit: 1 })).toEqual([]);
  });
}
