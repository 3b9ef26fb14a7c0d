import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createMovedClock, fakeTime, type MovedClock } from "./clock.ts";
import { startDoubles, type Doubles } from "./doubles.ts";
import { kill, strikeAt, untilQuiet } from "./faults.ts";
import { violations } from "./invariants.ts";
import { createRandom } from "./random.ts";
import { createTraffic, type Delivery, type Kind, type Traffic } from "./traffic.ts";
import { until } from "./watching.ts";
import { startWorld, type World } from "./world.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

if (fakeTime === undefined && process.env.CI === "true") throw new Error("libfaketime is not there: install Debian's package faketime");

/** Seconds. */
const hour = 3600;
/** Milliseconds, as in config.ts. */
const lease = 2_000;

describe.skipIf(fakeTime === undefined)("a wall clock that jumps (needs libfaketime)", () => {
  let folder: string;
  let clock: MovedClock;
  let doubles: Doubles;
  let world: World;
  let traffic: Traffic;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fairlead-crash-clock-"));
    clock = await createMovedClock(folder);
    doubles = await startDoubles();
    world = await startWorld(doubles, { env: clock.env });
    traffic = createTraffic(world, createRandom(3));
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await doubles[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  test("a wall clock that jumps an hour forth and back takes no run from a living worker", async () => {
    const told = await traffic.make("tell");
    const struck = await strikeAt(
      world,
      { at: (name) => name === "POST /api/chat.postMessage", moment: "held" },
      async () => {
        await clock.move(hour);
        const meanwhile = await sendNew("newest");
        await until(async () => (await runOf(meanwhile)).state === "succeeded", world.log);
        expect((await runOf(meanwhile)).startedAt!.getTime()).toBeGreaterThan(Date.now() + (hour * 1000) / 2);
        await untilProlonged();
        await clock.move(0);
        await untilProlonged();
      },
      traffic.send(told),
    );
    expect(struck).toBe(true);
    await untilQuiet(world);
    expect(await runOf(told)).toMatchObject({ state: "succeeded", attempt: 1, fence: 1 });
    expect(await violations(world, traffic), world.log()).toEqual([]);
  });

  test("a wall clock that jumps leaves no run with a dead worker for longer than its lease", async () => {
    const given = await traffic.make("tag");
    const begun = (): number => world.log().split(/"pipeline":"retag".*"run begins"/).length;
    const struck = await strikeAt(
      world,
      { at: (name) => name.startsWith("PUT /v2/acme/web/manifests/tag-"), moment: "before" },
      async () => {
        await clock.move(hour);
        await untilProlonged();
        const before = begun();
        await kill(world, "workers");
        await clock.move(0);
        await until(() => begun() > before, world.log, 10 * lease);
      },
      traffic.send(given),
    );
    expect(struck).toBe(true);
    await untilQuiet(world);
    expect(await runOf(given)).toMatchObject({ state: "succeeded" });
    expect(await violations(world, traffic), world.log()).toEqual([]);
  });

  async function sendNew(kind: Kind): Promise<Delivery> {
    const made = await traffic.make(kind);
    await traffic.send(made);
    return made;
  }

  async function runOf({ answers }: Delivery) {
    return (await world.store.run(answers[0]!.body.runs![0]!))!;
  }

  /** Waits until the one run that is under way has been prolonged for as long as its lease. */
  async function untilProlonged(): Promise<void> {
    using db = new DatabaseSync(world.file, { readOnly: true });
    const ends = db.prepare("SELECT due_at FROM run WHERE state = 'running'");
    const end = (): number => Number(ends.get()?.due_at);
    const before = end();
    await until(() => end() >= before + lease, world.log);
  }
});
