import { expect, test } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { claim, delivery, push, run, start, type Bed } from "./bed.ts";

export function acceptContract(open: () => Promise<Bed>): void {
  test("a delivery is stored with its runs, as it came", async () => {
    await using bed = await open();
    const accepted = await bed.store.accept(delivery("d-1"), [run("a"), run("b", { policy: "newest", cancelRunning: true })]);
    const [a, b] = accepted.runs;
    expect([accepted.duplicate, accepted.runs.length, new Set([a, b, accepted.delivery]).size]).toEqual([false, 2, 3]);
    const stored = await (await bed.again()).delivery(accepted.delivery);
    const { content: _, ...kept } = delivery("d-1");
    expect({ ...stored, body: Buffer.from(stored!.body) }).toEqual({
      ...kept,
      id: accepted.delivery,
      receivedAt: start,
      runs: [a, b],
    });
    expect(await bed.store.run(b!)).toEqual({
      ...run("b", { policy: "newest", cancelRunning: true }),
      id: b,
      delivery: accepted.delivery,
      state: "queued",
      attempt: 0,
      fence: 0,
      createdAt: start,
      startedAt: undefined,
      endedAt: undefined,
      reason: undefined,
      outdated: false,
      result: undefined,
      error: undefined,
      rerunOf: undefined,
    });
  });

  test("a thousand deliveries at once with one id make one run, which all of them name", async () => {
    await using bed = await open();
    const other = await bed.again();
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? bed.store : other).accept(delivery("d-1"), [run("a")])),
    );
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(answers.map(({ delivery, runs }) => JSON.stringify([delivery, runs]))).size).toBe(1);
    expect(await bed.store.runs({ limit: 9 })).toHaveLength(1);
  });

  test("a delivery with the id of another source's, or without an id, is new", async () => {
    await using bed = await open();
    const answers = [
      await bed.store.accept(delivery("d-1"), [run("a")]),
      await bed.store.accept({ ...delivery("d-1"), source: "other" }, [run("a")]),
      await bed.store.accept(delivery(null), [run("a")]),
      await bed.store.accept(delivery(null), [run("a")]),
    ];
    expect(answers.map(({ duplicate }) => duplicate)).toEqual([false, false, false, false]);
  });

  test("a duplicate delivery after its run has ended names that run and starts none", async () => {
    await using bed = await open();
    const first = await bed.store.accept(delivery("d-1"), [run("a")]);
    await bed.store.finish(await claim(bed.store), { state: "failed", retry: false, error: { code: "input", message: "no" } });
    expect(await bed.store.accept(delivery("d-1"), [run("a")])).toEqual({ ...first, duplicate: true });
    expect(await bed.store.claim("w-1", 1)).toBeUndefined();
    expect([
      await bed.store.known("github-app", "d-1"),
      await bed.store.known("github-app", "d-2"),
      await bed.store.known("other", "d-1"),
    ]).toEqual([{ ...first, duplicate: true }, undefined, undefined]);
  });

  test("a delivery with a run that cannot be stored is not stored, and others of the same moment are", async () => {
    await using bed = await open();
    const endless: { itself?: unknown } = {};
    endless.itself = endless;
    const [good, bad, alsoGood] = await Promise.allSettled([
      bed.store.accept(delivery("d-1"), [run("a")]),
      bed.store.accept(delivery("d-2"), [run("b"), run("a", { input: endless as Json })]),
      bed.store.accept(delivery("d-3"), [run("c")]),
    ]);
    expect([good.status, bad.status, alsoGood.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(bad).toMatchObject({ reason: { name: "TypeError" } });
    expect((await bed.store.runs({ limit: 9 })).map(({ lane }) => lane)).toEqual(["c", "a"]);
    expect((await bed.store.deliveries({ limit: 9 })).map(({ providerId }) => providerId)).toEqual(["d-3", "d-1"]);
    expect(await bed.store.accept(delivery("d-2"), [])).toMatchObject({ duplicate: false });
  });

  test("a stored body of any bytes, and text of any script, come back as they were", async () => {
    await using bed = await open();
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    const odd = { ...push, branch: "héé/\u0000'\"; DROP TABLE run; --🚀" };
    const { delivery: id, runs } = await bed.store.accept({ ...delivery("'🚀", [odd]), body }, [
      run("l'🚀", { event: odd, input: ["\u0000"] }),
    ]);
    const stored = await bed.store.delivery(id);
    expect([stored?.providerId, stored?.events, Uint8Array.from(stored!.body)]).toEqual(["'🚀", [odd], body]);
    expect(await bed.store.run(runs[0]!)).toMatchObject({ lane: "l'🚀", event: odd, input: ["\u0000"] });
  });
}
