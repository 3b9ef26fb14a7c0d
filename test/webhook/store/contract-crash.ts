import { expect, test } from "vitest";
import type { Store } from "../../../webhook/store.ts";
import { openStore } from "../../../webhook/stores/index.ts";
import { delivery, minute } from "./bed.ts";
import { startProcess, type Process } from "./start-process.ts";

/** Where an empty store may be, with the machine's clock. */
export interface Place extends AsyncDisposable {
  readonly address: string;
  /** Throws when the data are not sound. */
  check(): void;
}

const rounds = 3;
const ended = ["succeeded", "canceled"];

/** Ends all that is left: some runs go on, and all are canceled then, since the first of a lane may rest in a back-off. */
async function drain(store: Store): Promise<void> {
  await store.reap();
  for (let claim = await store.claim("w", minute); claim !== undefined; claim = await store.claim("w", minute)) {
    await store.finish(claim, { state: "succeeded", result: claim.fence });
  }
  const left = await store.runs({ states: ["queued", "running"], limit: 1_000_000 });
  await Promise.all(left.map(({ id }) => store.cancel(id)));
  await store.reap();
}

export function crashContract(open: () => Promise<Place>): void {
  test("every acknowledged delivery is there after SIGKILL of all writers, and each run ends exactly once", async () => {
    await using place = await open();
    const [accepted, finished] = [new Map<string, string>(), new Map<string, number>()];
    for (let round = 1; round <= rounds; round++) {
      await using stack = new AsyncDisposableStack();
      const start = (act: string): Process => stack.use(startProcess("process.ts", act, place.address));
      const [writers, workers] = [
        [start("accept"), start("accept")],
        [start("work"), start("work")],
      ];
      await Promise.all([...writers.map((each) => each.said(20 * round)), workers[0]!.said(2)]);
      await Promise.all([...writers, ...workers].map((each) => each.kill()));
      for (const [id, run] of writers.flatMap(({ lines }) => lines.map((line) => line.split(" ")))) accepted.set(id!, run!);
      for (const [run, fence] of workers.flatMap(({ lines }) => lines.map((line) => line.split(" ")))) {
        expect(finished.has(run!)).toBe(false);
        finished.set(run!, Number(fence));
      }
      place.check();
    }
    expect(new Set(finished.values()).size).toBe(finished.size);

    await using store = await openStore(place.address);
    await drain(store);
    for (const [id, run] of accepted) expect(await store.accept(delivery(id), [])).toMatchObject({ duplicate: true, runs: [run] });
    for (const [run, fence] of finished) expect(await store.run(run)).toMatchObject({ state: "succeeded", result: fence });
    const states = (await store.runs({ limit: 1_000_000 })).map(({ state }) => state);
    expect(states.length).toBeGreaterThanOrEqual(accepted.size);
    expect(states.filter((state) => !ended.includes(state))).toEqual([]);
  });
}
