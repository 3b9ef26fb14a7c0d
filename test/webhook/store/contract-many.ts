import { describe, expect, test } from "vitest";
import { claim, delivery, minute, push, queue, rested, run, statesOf, type Bed } from "./bed.ts";

const many = (count: number, lane = "lane"): ReturnType<typeof run>[] =>
  Array.from({ length: count }, (_, index) => run(`${lane} ${index}`));

/** Deliveries of many runs, sources with many runs, and the end of many runs. */
export function manyContract(open: () => Promise<Bed>): void {
  test("a delivery of a thousand runs keeps no heartbeat waiting for all of them", async () => {
    await using bed = await open();
    await queue(bed.store, "first");
    const held = await claim(bed.store);
    const order: string[] = [];
    const accepted = bed.store.accept(delivery("many"), many(1000)).then(({ runs }) => (order.push("accepted"), runs));
    for (let beat = 0; beat < 15; beat++) {
      await bed.store.heartbeat(held, minute);
      order.push("beat");
    }
    const ids = await accepted;
    expect(order.indexOf("accepted")).toBe(15);
    expect(
      (await bed.store.runs({ delivery: (await bed.store.known("github-app", "many"))!.delivery, limit: 2000 })).map(({ id }) => id),
    ).toEqual(ids.toReversed());
  });

  test("a thousand runs of one delivery are stored once however often it comes at the same time", async () => {
    await using bed = await open();
    const other = await bed.again();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? bed.store : other).accept(delivery("many"), many(200))),
    );
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(answers.map(({ delivery: of, runs }) => JSON.stringify([of, runs]))).size).toBe(1);
    expect(await bed.store.runs({ limit: 2000 })).toHaveLength(200);
  });

  test("a later delivery's run is queued behind all runs of a large one in the same lane", async () => {
    await using bed = await open();
    const large = bed.store.accept(
      delivery("large"),
      Array.from({ length: 200 }, () => run("one")),
    );
    const [later] = (await bed.store.accept(delivery("later"), [run("one")])).runs;
    await large;
    const stored = await bed.store.runs({ lane: "one", limit: 500 });
    expect([stored.length, stored.findIndex(({ id }) => id === later)].map(String)).toEqual(["201", expect.stringMatching(/^(0|200)$/)]);
  });

  test("the same content of a source under another id is a duplicate, and of another source is not", async () => {
    await using bed = await open();
    const content = "c0ffee";
    const first = await bed.store.accept({ ...delivery("d-1"), content }, [run("a")]);
    expect(await bed.store.accept({ ...delivery("d-2"), content }, [run("a")])).toEqual({ ...first, duplicate: true });
    expect(await bed.store.accept({ ...delivery(null), content }, [run("a")])).toEqual({ ...first, duplicate: true });
    expect(await bed.store.accept({ ...delivery("d-1"), content: "decaf" }, [run("a")])).toEqual({ ...first, duplicate: true });
    expect((await bed.store.accept({ ...delivery("d-2"), source: "other", content }, [])).duplicate).toBe(false);
    expect((await bed.store.accept(delivery("d-2"), [])).duplicate).toBe(false);
  });

  test("a delivery beyond the limits is kept with the reason", async () => {
    await using bed = await open();
    const { delivery: id } = await bed.store.accept({ ...delivery("d-1", []), refused: "it has too many events" }, []);
    expect([await bed.store.delivery(id), ...(await bed.store.deliveries({ limit: 9 }))]).toMatchObject([
      { refused: "it has too many events", events: [], runs: [] },
      { refused: "it has too many events", events: [], runs: [] },
    ]);
  });

  describe("turns", () => {
    test("sources take turns, however many runs one of them has", async () => {
      await using bed = await open();
      const flood = await bed.store.accept(delivery(null), many(9));
      bed.advance(1);
      const [first, second] = (await bed.store.accept({ ...delivery(null), source: "quiet" }, [run("a"), run("b")])).runs;
      const claims = [
        await claim(bed.store),
        await claim(bed.store),
        await claim(bed.store),
        await claim(bed.store),
        await claim(bed.store),
      ];
      expect(claims.map(({ id }) => id)).toEqual([flood.runs[0], first, flood.runs[1], second, flood.runs[2]]);
    });

    test("a source's runs beyond those that may be queued start at its pace, and none is refused", async () => {
      await using bed = await open();
      const pace = { queued: 2, interval: minute };
      const { runs } = await bed.store.accept(delivery(null), many(5), pace);
      const other = await bed.store.accept({ ...delivery(null), source: "quiet" }, many(1, "quiet"), pace);
      const startable = async (): Promise<number> => {
        let count = 0;
        while ((await bed.store.claim("w", 100 * minute)) !== undefined) count++;
        return count;
      };
      const counts = [await startable()];
      for (let passed = 0; passed < 4; passed++) {
        bed.advance(minute);
        counts.push(await startable());
      }
      expect(counts).toEqual([3, 1, 1, 1, 0]);
      expect(await statesOf(bed.store, ...runs, ...other.runs)).toEqual(Array.from({ length: 6 }, () => "running"));
    });

    test("a run that is made anew starts at once, whatever its source has queued", async () => {
      await using bed = await open();
      const { runs } = await bed.store.accept(delivery(null), many(3), { queued: 1, interval: 60 * minute });
      await bed.store.finish(await claim(bed.store), { state: "succeeded", result: null });
      const again = await bed.store.rerun(runs[0]!);
      expect(await claim(bed.store)).toMatchObject({ id: again });
    });
  });

  test.each<[string, object, number]>([
    ["a source", { source: "flood" }, 300],
    ["a delivery", { delivery: "DELIVERY" }, 200],
    ["a route", { route: "other" }, 100],
    ["a source and a route", { source: "flood", route: "main" }, 200],
    ["a source that sent nothing", { source: "nobody" }, 0],
  ])("all runs of %s are canceled, and no others", async (_what, query, count) => {
    await using bed = await open();
    const kept = await queue(bed.store, "kept");
    const { delivery: id } = await bed.store.accept({ ...delivery(null), source: "flood" }, many(200));
    await bed.store.accept(
      { ...delivery(null), source: "flood" },
      many(100, "other").map((each) => ({ ...each, route: "other" })),
    );
    const exact = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, value === "DELIVERY" ? id : (value as string)]));
    expect(await bed.store.cancelAll(exact)).toEqual({ canceled: count, stopping: 0 });
    expect(await bed.store.runs({ states: ["canceled"], limit: 1000 })).toHaveLength(count);
    expect(await statesOf(bed.store, kept)).toEqual(["queued"]);
    expect(await bed.store.cancelAll(exact)).toEqual({ canceled: 0, stopping: 0 });
  });

  test("canceling all runs asks the workers of running ones once, and lets a waiting one end", async () => {
    await using bed = await open();
    const [running, waiting] = [await queue(bed.store, "a"), await queue(bed.store, "b")];
    const [first, second] = [await claim(bed.store), await claim(bed.store)];
    await bed.store.finish(second, { state: "waiting", for: "a push", wakeOn: { kind: "push" }, untilMilliseconds: rested });
    expect(await bed.store.cancelAll({ source: "github-app" })).toEqual({ canceled: 1, stopping: 1 });
    expect(await bed.store.heartbeat(first, minute)).toEqual({ canceled: true });
    expect(await statesOf(bed.store, running, waiting)).toEqual(["running", "canceled"]);
    expect(await bed.store.cancelAll({})).toEqual({ canceled: 0, stopping: 0 });
  });

  test("the configuration in force is the one that was put in force last", async () => {
    await using bed = await open();
    expect(await bed.store.configInForce()).toBeUndefined();
    await bed.store.keepConfig("h1", "one");
    await bed.store.keepConfig("h2", "two");
    await bed.store.putInForce("h2");
    await bed.store.putInForce("h1");
    expect(await (await bed.again()).configInForce()).toBe("one");
  });

  test("an event among a thousand of one delivery wakes the run that waits for it", async () => {
    await using bed = await open();
    const id = await queue(bed.store, "a");
    await bed.store.finish(await claim(bed.store), {
      state: "waiting",
      for: "a push",
      wakeOn: { kind: "push", branch: "b999" },
      untilMilliseconds: rested,
    });
    await bed.store.accept(
      delivery(
        null,
        Array.from({ length: 1000 }, (_, index) => ({ ...push, branch: `b${index}` })),
      ),
      [],
    );
    expect(await claim(bed.store)).toMatchObject({ id });
  });
}
