import { describe, expect, test } from "vitest";
import { acceptContract } from "./contract-accept.ts";
import { claimContract } from "./contract-claim.ts";
import { crashContract, type Place } from "./contract-crash.ts";
import { decideContract } from "./contract-decide.ts";
import { keyContract } from "./contract-keys.ts";
import { laneContract } from "./contract-lanes.ts";
import { manyContract } from "./contract-many.ts";
import { modelContract } from "./contract-model.ts";
import { reportContract } from "./contract-reports.ts";
import { rolloutContract } from "./contract-rollouts.ts";
import { all, claim, delivery, minute, queue, start, statesOf, type Bed, push, run } from "./bed.ts";

/** What every store must do, whatever it is made of: the tests of one, given how an empty one is made in a bed, and for other processes. */
export function storeContract(name: string, open: () => Promise<Bed>, place: () => Promise<Place>): void {
  describe(name, () => {
    describe("accepting", () => acceptContract(open));
    describe("lanes", () => laneContract(open));
    describe("claims", () => claimContract(open));
    describe("keys", () => keyContract(open));
    describe("decisions", () => decideContract(open));
    describe("many runs", () => manyContract(open));
    describe("reports", () => reportContract(open));
    describe("rollouts", () => rolloutContract(open));
    describe("keeping", () => keepContract(open));
    describe("any order of operations", () => modelContract(open));
    describe("killed processes", () => crashContract(place));
  });
}

function keepContract(open: () => Promise<Bed>): void {
  test("prune deletes old ended runs and their deliveries, and keeps unended runs and known delivery ids", async () => {
    await using bed = await open();
    const { store } = bed;
    const old = await store.accept(delivery("old"), []);
    const [ended, queued] = [await queue(store, "a"), await queue(store, "b")];
    const claimed = await claim(store);
    await store.log(claimed, [{ at: start, text: "line" }]);
    await store.record(claimed, "push", "k", { result: 1, changed: true });
    await store.finish(claimed, { state: "succeeded", result: null });
    bed.advance(60 * minute);
    const fresh = await queue(store, "c");
    expect(await store.prune(30 * minute)).toBe(3);
    expect(await statesOf(store, ended, queued, fresh)).toEqual([undefined, "queued", "queued"]);
    expect(await all(store.logOf(ended))).toEqual([]);
    expect(await store.delivery(old.delivery)).toBeUndefined();
    expect(await store.accept(delivery("old"), [])).toEqual({ ...old, duplicate: true });
    expect((await store.deliveries({ limit: 9 })).map(({ runs }) => runs)).toEqual([[fresh], [queued]]);
    expect(await store.prune(30 * minute)).toBe(0);
  });

  test("prune deletes more than fits one batch", async () => {
    await using bed = await open();
    await Promise.all(Array.from({ length: 500 }, () => queue(bed.store, "newest", { policy: "newest" })));
    const claimed = await claim(bed.store);
    await bed.store.log(
      claimed,
      Array.from({ length: 2500 }, (_, index) => ({ at: start, text: `${index}` })),
    );
    expect((await all(bed.store.logOf(claimed.id))).map(({ text }) => text)).toEqual(
      Array.from({ length: 2500 }, (_, index) => `${index}`),
    );
    await bed.store.finish(claimed, { state: "succeeded", result: null });
    bed.advance(1);
    expect(await bed.store.prune(0)).toBe(1000);
    expect(await bed.store.runs({ limit: 9 })).toEqual([]);
  });

  test("a lane changes its policy only when all of its runs have ended", async () => {
    await using bed = await open();
    const { store } = bed;
    const [first, second] = [await queue(store, "a"), await queue(store, "a", { policy: "newest", cancelRunning: true })];
    await store.finish(await claim(store), { state: "succeeded", result: null });
    expect([await store.run(first), await store.run(second)]).toMatchObject([
      { state: "succeeded", policy: "every" },
      { state: "queued", policy: "every" },
    ]);
    await store.finish(await claim(store), { state: "succeeded", result: null });
    const [third, fourth] = [await queue(store, "a", { policy: "newest" }), await queue(store, "a", { policy: "newest" })];
    expect([await store.run(third), await store.run(fourth)]).toMatchObject([
      { state: "superseded", policy: "newest" },
      { state: "queued", policy: "newest" },
    ]);
  });

  test("a configuration is kept under its hash", async () => {
    await using bed = await open();
    await bed.store.keepConfig("h1", "version: 1\n");
    await bed.store.keepConfig("h1", "version: 1\n");
    expect([await bed.store.config("h1"), await bed.store.config("h2")]).toEqual(["version: 1\n", undefined]);
  });

  test("the store lists runs by state, lane and delivery, newest first", async () => {
    await using bed = await open();
    const { store } = bed;
    const [a, b, c] = [await queue(store, "a"), await queue(store, "b"), await queue(store, "a")];
    await store.finish(await claim(store), { state: "succeeded", result: { tag: "1" } });
    const list = async (query: Parameters<typeof store.runs>[0]): Promise<string[]> => (await store.runs(query)).map(({ id }) => id);
    expect(await list({ limit: 9 })).toEqual([c, b, a]);
    expect(await list({ limit: 1 })).toEqual([c]);
    expect(await list({ lane: "a", limit: 9 })).toEqual([c, a]);
    expect(await list({ states: ["queued", "succeeded", "queued"], limit: 2 })).toEqual([c, b]);
    expect(await list({ states: ["succeeded"], lane: "a", limit: 9 })).toEqual([a]);
    expect(await list({ states: [], limit: 9 })).toEqual([]);
    const of = (await store.run(b))!.delivery;
    expect(await list({ delivery: of, limit: 9 })).toEqual([b]);
    expect((await store.deliveries({ source: "github-app", limit: 2 })).map(({ runs }) => runs)).toEqual([[c], [b]]);
    expect(await store.deliveries({ source: "other", limit: 2 })).toEqual([]);
  });

  test("the store finds runs and deliveries by the end of an id, by repository and by the provider's id", async () => {
    await using bed = await open();
    const { store } = bed;
    const other = { ...push, repository: "github.com/acme/other" };
    const a = await store.accept(delivery("guid-a"), [run("a")]);
    const b = await store.accept(delivery("guid-b", [push, other]), [run("b", { event: other })]);
    const runs = async (query: object): Promise<string[]> => (await store.runs({ ...query, limit: 9 })).map(({ id }) => id);
    const deliveries = async (query: object): Promise<string[]> => (await store.deliveries({ ...query, limit: 9 })).map(({ id }) => id);
    expect(await runs({ ending: a.runs[0]!.slice(-8) })).toEqual(a.runs);
    expect(await runs({ ending: a.runs[0]!.slice(0, 8) })).toEqual([]);
    expect(await runs({ ending: "%" })).toEqual([]);
    expect(await runs({ repository: other.repository, states: ["queued"] })).toEqual(b.runs);
    expect(await deliveries({ ending: b.delivery.slice(-8) })).toEqual([b.delivery]);
    expect(await deliveries({ providerId: "guid-a" })).toEqual([a.delivery]);
    expect(await deliveries({ repository: other.repository })).toEqual([b.delivery]);
    expect(await deliveries({ repository: push.repository, source: "github-app" })).toEqual([b.delivery, a.delivery]);
  });
}
