import { expect, test } from "vitest";
import type { PullRequestEvent } from "../../../src/core/event/git.ts";
import type { Ending } from "../../../webhook/store.ts";
import { claim, delivery, minute, push, queue, rested, run, statesOf, type Bed } from "./bed.ts";

const newest = { policy: "newest" } as const;
const failed = { state: "failed", retry: true, error: { code: "unavailable", message: "push: 503" } } as const;
const merged: PullRequestEvent = {
  ...{ kind: "pull-request", source: "github", delivery: "m", repository: "github.com/acme/gitops", number: 7, action: "merged" },
  ...{ branch: "deploy", commit: "d".repeat(40), base: "main", fork: false, mergeCommit: "e".repeat(40) },
};
const untilMerged: Ending = {
  state: "waiting",
  for: "merge of #7",
  wakeOn: { kind: "pull-request", number: 7, action: "merged" },
  untilMilliseconds: 60 * minute,
};

export function laneContract(open: () => Promise<Bed>): void {
  test("a lane of `every` runs all its runs in their order, one at a time", async () => {
    await using bed = await open();
    const ids = [await queue(bed.store, "a"), await queue(bed.store, "a"), await queue(bed.store, "a")];
    for (const id of ids) {
      const claimed = await claim(bed.store);
      expect(claimed.id).toBe(id);
      expect(await bed.store.claim("w-2", minute)).toBeUndefined();
      await bed.store.finish(claimed, { state: "succeeded", result: null });
    }
    expect(await bed.store.claim("w-2", minute)).toBeUndefined();
  });

  test("a run in back-off holds its lane of `every` until it is parked", async () => {
    await using bed = await open();
    const [poison, next] = [await queue(bed.store, "a"), await queue(bed.store, "a")];
    await bed.store.finish(await claim(bed.store), failed);
    expect(await bed.store.run(poison)).toMatchObject({ state: "queued", reason: "attempt 1 of 2: push: 503", error: failed.error });
    bed.advance(rested);
    const second = await claim(bed.store);
    expect(second).toMatchObject({ id: poison, attempt: 2 });
    await bed.store.finish(second, failed);
    expect(await statesOf(bed.store, poison, next)).toEqual(["parked", "queued"]);
    expect((await claim(bed.store)).id).toBe(next);
  });

  test("a newer run supersedes the queued one of a lane of `newest`, and takes its place among the lanes", async () => {
    await using bed = await open();
    const first = await queue(bed.store, "a", newest);
    const running = await claim(bed.store);
    const second = await queue(bed.store, "a", newest);
    bed.advance(1);
    const elsewhere = await queue(bed.store, "b");
    bed.advance(1);
    const third = await queue(bed.store, "a", newest);
    expect(await statesOf(bed.store, first, second, third)).toEqual(["running", "superseded", "queued"]);
    await bed.store.finish(running, { state: "succeeded", result: null });
    expect([(await claim(bed.store)).id, (await claim(bed.store)).id]).toEqual([third, elsewhere]);
  });

  test("a failed, lost or returned run in a `newest` lane is superseded by a queued newer one, unless it failed for good", async () => {
    await using bed = await open();
    const { store } = bed;
    const ended = async (end: (claimed: Awaited<ReturnType<typeof claim>>) => Promise<unknown>): Promise<unknown> => {
      const id = await queue(store, "a", newest);
      const claimed = await claim(store);
      const successor = await queue(store, "a", newest);
      await end(claimed);
      await store.cancel(successor);
      return (await statesOf(store, id))[0];
    };
    expect([
      await ended((claimed) => store.finish(claimed, failed)),
      await ended(async () => {
        bed.advance(minute);
        await store.reap();
      }),
      await ended((claimed) => store.finish(claimed, { state: "queued", reason: "the listener stops" })),
      await ended((claimed) => store.finish(claimed, { ...failed, retry: false })),
    ]).toEqual(["superseded", "superseded", "superseded", "failed"]);
  });

  test("a run in back-off in a lane of `newest` is superseded by the next one, which starts at once", async () => {
    await using bed = await open();
    const old = await queue(bed.store, "a", newest);
    await bed.store.finish(await claim(bed.store), failed);
    const fresh = await queue(bed.store, "a", newest);
    expect((await claim(bed.store)).id).toBe(fresh);
    expect(await statesOf(bed.store, old)).toEqual(["superseded"]);
  });

  test("cancelRunning asks the running run to stop, and starts the next only after it has ended", async () => {
    await using bed = await open();
    const old = await queue(bed.store, "a", newest);
    const claimed = await claim(bed.store);
    const next = await queue(bed.store, "a", { ...newest, cancelRunning: true });
    expect(await bed.store.heartbeat(claimed, minute)).toEqual({ canceled: true });
    expect(await bed.store.claim("w-2", minute)).toBeUndefined();
    await bed.store.finish(claimed, { state: "canceled" });
    expect((await claim(bed.store)).id).toBe(next);
    expect(await statesOf(bed.store, old)).toEqual(["canceled"]);
  });

  test("cancelRunning cancels a waiting run at once", async () => {
    await using bed = await open();
    const old = await queue(bed.store, "a", newest);
    await bed.store.finish(await claim(bed.store), untilMerged);
    const next = await queue(bed.store, "a", { ...newest, cancelRunning: true });
    expect(await statesOf(bed.store, old, next)).toEqual(["canceled", "queued"]);
    expect((await claim(bed.store)).id).toBe(next);
  });

  test("a run that somebody has canceled is not queued again, whatever its worker says", async () => {
    await using bed = await open();
    const ends: readonly Ending[] = [
      failed,
      { state: "queued", reason: "the listener stops" },
      untilMerged,
      { state: "succeeded", result: 1 },
    ];
    for (const ending of ends) {
      await queue(bed.store, "a");
      const claimed = await claim(bed.store);
      await bed.store.cancel(claimed.id);
      await bed.store.finish(claimed, ending);
    }
    expect((await bed.store.runs({ limit: 9 })).map(({ state }) => state)).toEqual(["succeeded", "canceled", "canceled", "canceled"]);
  });

  test("a run that waits keeps its lane and needs no worker; such an event, and no other, lets it go on as the same attempt", async () => {
    await using bed = await open();
    const { store } = bed;
    const [waiting, next] = [await queue(store, "a"), await queue(store, "a")];
    const first = await claim(store);
    await store.finish(first, untilMerged);
    expect(await store.run(waiting)).toMatchObject({ state: "waiting", reason: "merge of #7" });
    await store.accept(delivery("e-1", [{ ...merged, number: 8 }, push]), []);
    expect(await store.claim("w-1", minute)).toBeUndefined();
    await store.accept(delivery("e-2", [merged]), []);
    const second = await claim(store);
    expect([second.id, second.attempt, second.fence > first.fence]).toEqual([waiting, 1, true]);
    expect(await store.claim("w-1", minute)).toBeUndefined();
    await store.finish(second, { state: "succeeded", result: null });
    expect((await claim(store)).id).toBe(next);
  });

  test("a run that waits goes on when its time has come", async () => {
    await using bed = await open();
    const id = await queue(bed.store, "a");
    await bed.store.finish(await claim(bed.store), {
      state: "waiting",
      for: "an hour",
      wakeOn: undefined,
      untilMilliseconds: 60 * minute,
    });
    bed.advance(59 * minute);
    expect(await bed.store.claim("w-1", minute)).toBeUndefined();
    bed.advance(minute);
    expect((await claim(bed.store)).id).toBe(id);
  });

  test("an event that came between a run's last look and its waiting is not missed", async () => {
    await using bed = await open();
    const id = await queue(bed.store, "a");
    const claimed = await claim(bed.store);
    await bed.store.accept(delivery("e-1", [merged]), []);
    await bed.store.finish(claimed, untilMerged);
    const again = await claim(bed.store);
    expect(again.id).toBe(id);
    await bed.store.finish(again, untilMerged);
    expect(await bed.store.claim("w-1", minute)).toBeUndefined();
  });

  test("a waiting run of a lane of `newest` goes on before the one that is queued behind it", async () => {
    await using bed = await open();
    const waiting = await queue(bed.store, "a", newest);
    await bed.store.finish(await claim(bed.store), untilMerged);
    const queued = await queue(bed.store, "a", newest);
    await bed.store.accept(delivery("e-1", [merged]), []);
    const claimed = await claim(bed.store);
    expect(claimed.id).toBe(waiting);
    expect(await statesOf(bed.store, waiting, queued)).toEqual(["running", "queued"]);
  });

  test("a lane whose first run rests does not hold up the others", async () => {
    await using bed = await open();
    await queue(bed.store, "a");
    await bed.store.finish(await claim(bed.store), failed);
    await queue(bed.store, "a");
    const other = await queue(bed.store, "b");
    bed.advance(0);
    const claimed = [await bed.store.claim("w-1", minute), await bed.store.claim("w-1", minute)].map((each) => each?.id);
    expect(claimed).toContain(other);
  });

  test("a skipped run is followed by the run of today, unless that is done, queued or was canceled by a person", async () => {
    await using bed = await open();
    const { store } = bed;
    const at = (commit: string) => run("a", { ...newest, event: { ...push, commit: commit.repeat(40) } });
    const skipOne = async (instead = at("b")): Promise<readonly string[]> => {
      const { runs } = await store.accept(delivery(), [at("a")]);
      await store.finish(await claim(store), { state: "skipped", reason: "main is at bbbb by now", outdated: true, instead });
      return (await store.delivery((await store.run(runs[0]!))!.delivery))!.runs.filter((id) => id !== runs[0]);
    };
    const [first] = await skipOne();
    expect(await store.run(first!)).toMatchObject({ state: "queued", attempt: 0, event: { commit: "b".repeat(40), delivery: "d-1" } });
    const claimed = await claim(store);
    expect(claimed.id).toBe(first);
    await store.finish(claimed, { state: "succeeded", result: null });
    expect(await skipOne()).toEqual([]); // it is done
    expect(await skipOne(at("c"))).toHaveLength(1);
    await store.cancel((await claim(store)).id); // by a person, and its worker says so
    expect(await store.reap()).toBe(0);
    bed.advance(minute);
    await store.reap();
    expect(await skipOne(at("c"))).toEqual([]);
    const [superseded] = await skipOne(at("d"));
    expect(await skipOne(at("d"))).toHaveLength(1);
    expect(await statesOf(store, superseded!)).toEqual(["superseded"]);
    const { runs } = await store.accept(delivery(), [run("b", { ...newest, event: { ...push, commit: "e".repeat(40) } })]);
    const held = await claim(store);
    expect(held.lane).toBe("a");
    await store.finish(held, { state: "succeeded", result: null });
    const old = await claim(store);
    expect(old.id).toBe(runs[0]);
    await queue(store, "b", { ...newest, cancelRunning: true });
    await store.finish(old, {
      state: "skipped",
      reason: "old",
      outdated: true,
      instead: run("b", { event: { ...push, commit: "f".repeat(40) } }),
    });
    expect((await store.runs({ lane: "b", limit: 9 })).map(({ state }) => state)).toEqual(["queued", "skipped"]);
  });

  test("a run that waits for an image goes on when another run ends whose result names it, also if that was while it looked", async () => {
    await using bed = await open();
    const { store } = bed;
    const wakeOn = { kind: "image", image: "ghcr.io/acme/app" } as const;
    const untilThere: Ending = { state: "waiting", for: "it", wakeOn, untilMilliseconds: 60 * minute };
    const built = (image: string): Ending => ({ state: "succeeded", result: { image } });
    const waits = await queue(store, "waits");
    const [waiting] = [await claim(store), await queue(store, "b"), await queue(store, "c"), await queue(store, "d")];
    const [another, builds, more] = [await claim(store), await claim(store), await claim(store)];
    await store.finish(waiting, untilThere);
    await store.finish(another, built("ghcr.io/acme/app-2:1@sha256:0"));
    expect(await store.claim("w", minute)).toBeUndefined();
    await store.finish(builds, built("ghcr.io/acme/app:1@sha256:0"));
    const again = await claim(store);
    expect(again).toMatchObject({ id: waits, attempt: 1 });
    await store.finish(more, built("ghcr.io/acme/app:2"));
    await store.finish(again, untilThere);
    expect((await claim(store)).id).toBe(waits);
  });

  test("a run that a newer one of its lane has canceled counts as not done", async () => {
    await using bed = await open();
    const { store } = bed;
    const at = (commit: string) => run("a", { ...newest, cancelRunning: true, event: { ...push, commit: commit.repeat(40) } });
    await store.accept(delivery(), [at("b")]);
    const head = await claim(store);
    await store.accept(delivery(), [at("a")]); // older, and it comes later
    expect(await store.heartbeat(head, minute)).toEqual({ canceled: true });
    await store.finish(head, { state: "canceled" });
    await store.finish(await claim(store), { state: "skipped", reason: "main is at bbbb by now", outdated: true, instead: at("b") });
    expect(await claim(store)).toMatchObject({ event: { commit: "b".repeat(40) } });
  });
}
