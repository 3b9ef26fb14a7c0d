import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startDoubles, type Doubles } from "./doubles.ts";
import { kill, pause, points, strikeAt } from "./faults.ts";
import { violations } from "./invariants.ts";
import { allOf, living, signal, treeOf } from "./processes.ts";
import { createRandom } from "./random.ts";
import { createTraffic, isAccepted, type Delivery, type Kind, type Traffic } from "./traffic.ts";
import { until } from "./watching.ts";
import { startWorld, type World } from "./world.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const isLong = process.env.CRASH_ROUNDS !== undefined;
let doubles: Doubles;
let world: World;
let traffic: Traffic;

beforeAll(async () => {
  doubles = await startDoubles();
  world = await startWorld(doubles);
  traffic = createTraffic(world, createRandom(1));
});
afterEach(async () => {
  expect(await violations(world, traffic), world.log().slice(-20_000)).toEqual([]);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await doubles[Symbol.asyncDispose]();
});

async function sendNew(...kinds: readonly Kind[]): Promise<readonly Delivery[]> {
  const made = await Promise.all(kinds.map((kind) => traffic.make(kind)));
  await Promise.all(made.map((each) => traffic.send(each)));
  return made;
}

describe("a worker that was asleep for longer than its lease", () => {
  test.each(points.filter(([, at]) => isLong || /history|pulls\$/.test(at.source)))(
    "a worker that was asleep for longer than its lease does nothing more for its run: %s %s",
    async (kind, at) => {
      if (kind === "deploy") await sendNew("deploy"); // what the next one replaces
      const sending = sendNew(kind).then(() => undefined);
      const struck = await strikeAt(world, { at: (name) => at.test(name), moment: "held" }, (paused) => pause(world, paused), sending);
      expect(struck).toBe(true);
      expect(world.log()).toMatch(/"state":"lost","msg":"run left"/);
    },
  );
});

test("a run whose worker is killed has ended before another goes on with it, also when it waits for an answer, and leaves nothing", async () => {
  const sending = sendNew("tag").then(() => undefined);
  const folders = async () => new Set((await readdir(world.folder)).filter((name) => name.startsWith("fairlead-run-")));
  const begun = (): number => world.log().split(/"pipeline":"retag".*"run begins"/).length;
  const struck = await strikeAt(
    world,
    { at: (name) => name.startsWith("PUT /v2/acme/web/manifests/tag-"), moment: "before" },
    async () => {
      const [orphans, before] = [(await world.trees()).flatMap(({ runs }) => runs), begun()];
      const kept = await folders();
      expect(kept.size).toBe(1);
      await kill(world, "workers");
      await until(() => begun() > before, world.log);
      expect(await living(orphans)).toEqual([]);
      expect(kept.intersection(await folders())).toEqual(new Set());
    },
    sending,
  );
  expect(struck).toBe(true);
});

test("a run whose worker stands still ends itself, and its effect is done once when the worker goes on", async () => {
  const sending = sendNew("tell").then(() => undefined);
  const struck = await strikeAt(
    world,
    { at: (name) => name.startsWith("POST /api/chat.postMessage"), moment: "held" },
    async () => {
      const trees = await world.trees();
      const [workers, runs] = [trees.flatMap((tree) => tree.workers), trees.flatMap((tree) => tree.runs)];
      expect(runs.length).toBeGreaterThan(0);
      await world.harm("freeze workers", "SIGSTOP", workers);
      await until(async () => (await living(runs)).length === 0, world.log);
      await signal("SIGCONT", workers);
    },
    sending,
  );
  expect(struck).toBe(true);
});

test("two listeners of one store share its deliveries and runs, and one goes on when the other is gone", async () => {
  await world.start();
  const made = await Promise.all((["tell", "tag", "deploy", "tell", "newest", "newest"] as const).map((kind) => traffic.make(kind)));
  await Promise.all(made.toReversed().map((each) => traffic.send(each, { times: 5 })));
  const [first] = world.listeners;
  world.forget(first!);
  await world.harm("all", "SIGKILL", allOf(await treeOf(first!.pid)));
  await sendNew("tell");
});

test("every answered delivery of a burst is kept, though everything is killed twice", async () => {
  const made = await Promise.all(Array.from({ length: 300 }, () => traffic.make("newest")));
  const left = [...made];
  const sendAll = async (): Promise<void> => {
    for (let each = left.pop(); each !== undefined; each = left.pop()) {
      await until(() => world.listeners.length > 0, world.log);
      await traffic.send(each, { once: true });
    }
  };
  const sending = Promise.all(Array.from({ length: 16 }, sendAll));
  for (const rest of [200, 100]) {
    await until(() => left.length <= rest, world.log);
    await kill(world, "all");
  }
  await sending;
  expect(made.filter(isAccepted).length).toBeGreaterThan(200);
});

test("replacing secrets loses no delivery and refuses no sender whose secret is valid before and after", async () => {
  const from = world.keys.length;
  const key = (number: number): string => `canary-key-number-${number}`;
  const current = { key: world.keys.at(-1)! };
  let replaced = false;
  const sendAll = async (): Promise<void> => {
    while (!replaced) {
      const delivery = await traffic.make("newest");
      delivery.answers.push(await world.post(delivery.event, delivery.id, { key: current.key }));
      await delay(5);
    }
  };
  const sending = Promise.all([sendAll(), sendAll(), sendAll()]);
  const before = traffic.deliveries.length;
  for (let number = from; number < from + 3; number++) {
    await world.rotate(current.key, key(number));
    const old = current.key;
    current.key = key(number);
    await until(() => traffic.deliveries.slice(-10).every(({ answers }) => answers.length > 0), world.log);
    await world.rotate(key(number));
    const late = await traffic.make("newest");
    expect((await world.post(late.event, late.id, { key: old }))?.status).toBe(404);
  }
  replaced = true;
  await sending;
  const statuses = traffic.deliveries.slice(before).flatMap(({ answers }) => answers.map((each) => each?.status));
  expect([...new Set(statuses)]).toEqual([202]);
  expect(statuses.length).toBeGreaterThan(20);
});

test("a run that always fails is parked after its last attempt, and its lane goes on", async () => {
  const [poison] = await sendNew("poison");
  const [antidote] = await sendNew("antidote");
  await violations(world, traffic);
  const [parked, done] = await Promise.all([poison!, antidote!].map(({ answers }) => world.store.run(answers[0]!.body.runs![0]!)));
  expect(parked).toMatchObject({ state: "parked", attempt: 2, error: { code: "unavailable" } });
  expect(done).toMatchObject({ state: "succeeded", attempt: 1 });
  expect(done!.startedAt!.getTime()).toBeGreaterThanOrEqual(parked!.endedAt!.getTime());
});

test("a store that another program has locked takes nothing for now, says so, and goes on when it is free", async () => {
  await sendNew("tell", "tag");
  using db = new DatabaseSync(world.file, { timeout: 5_000 });
  db.exec("BEGIN IMMEDIATE");
  await world.harm("lock", "SIGCONT", []);
  const delivery = await traffic.make("tell");
  for (const end = performance.now() + (isLong ? 30_000 : 3_000); performance.now() < end;) await traffic.send(delivery, { once: true });
  db.exec("COMMIT");
  expect(delivery.answers[0]).toEqual({
    status: 503,
    retryAfter: expect.stringMatching(/^\d+$/) as string,
    body: expect.anything() as object,
  });
  await traffic.send(delivery);
});

const canMount = process.getuid?.() === 0 && process.platform === "linux" && mounts();
if (!canMount && process.env.CI === "true") throw new Error("a tmpfs cannot be mounted here: run the tests as root");

/** Tells whether this user may mount a file system. */
function mounts(): boolean {
  return spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;
}

describe.skipIf(!canMount)("a disk that is full (needs root to mount a tmpfs)", () => {
  let [disk, small]: [string, World | undefined] = ["", undefined];
  beforeEach(async () => {
    disk = await mkdtemp(join(tmpdir(), "fairlead-crash-disk-"));
    await mkdir(disk, { recursive: true });
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", disk]);
    small = await startWorld(doubles, { storeIn: disk });
  });
  afterEach(async () => {
    await small?.[Symbol.asyncDispose]();
    spawnSync("umount", [disk]);
    await rm(disk, { recursive: true });
  });

  test("a listener on a full disk takes nothing, and goes on without a restart when there is space", async () => {
    const sender = createTraffic(small!, createRandom(2));
    const [before, during] = [await sender.make("tell"), await sender.make("tag")];
    await sender.send(before);
    await using filler = await open(join(disk, "filler"), "w");
    await small!.harm("full disk", "SIGCONT", []);
    await filler.write(Buffer.alloc(2 ** 22)).catch(() => undefined);
    await until(
      async () => {
        await sender.send(during, { once: true });
        return during.answers.at(-1)?.status === 503;
      },
      small!.log,
      20_000,
    );
    await kill(small!, "runs");
    await filler.truncate(0);
    await sender.send(during);
    expect(await violations(small!, sender), small!.log()).toEqual([]);
  });
});
