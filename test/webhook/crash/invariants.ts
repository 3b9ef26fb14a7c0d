/** What is so after every fault. */
import { execFile } from "node:child_process";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import type { RunState, StoredRun } from "../../../webhook/store.ts";
import { slackToken } from "./doubles.ts";
import { messages, pullRequests, ships, tags } from "./effects.ts";
import { untilQuiet } from "./faults.ts";
import { commandOf } from "./processes.ts";
import { isAccepted, type Delivery, type Kind, type Traffic } from "./traffic.ts";
import { until } from "./watching.ts";
import type { World } from "./world.ts";

/** How a run of a kind may end. */
const ends: Readonly<Record<Kind, readonly RunState[]>> = {
  ...{ tell: ["succeeded"], tag: ["succeeded"], deploy: ["succeeded"], antidote: ["succeeded"], ship: ["succeeded"], poison: ["parked"] },
  newest: ["succeeded", "superseded", "canceled"],
};
/** More than are ever made. */
const limit = 1_000_000;

/** Waits until all that was stored has ended, and returns what is wrong: nothing, it should be. */
export async function violations(world: World, traffic: Traffic): Promise<readonly string[]> {
  await untilQuiet(world);
  await until(async () => (await world.leftBehind()).length === 0, () => "processes are left", 30_000).catch(() => undefined); // prettier-ignore
  const runs = await world.store.runs({ limit });
  const found = await Promise.all([
    ...[accepting(world, traffic, runs), lanes(world, runs), fences(world), messages(world, traffic, runs), tags(world, traffic)],
    ...[pullRequests(world, traffic, runs), ships(world, traffic, runs), secrets(world), processes(world), file(world)],
  ]);
  return found.flat();
}

/** Every delivery that was answered with 202 is stored, once, with the runs of that answer, and each has ended as it should. */
async function accepting({ store }: World, { deliveries }: Traffic, runs: readonly StoredRun[]): Promise<readonly string[]> {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const found = deliveries.filter(isAccepted).map(async ({ id, kind, answers }) => {
    const told = answers.flatMap((each) => (each?.body.runs === undefined ? [] : [each.body]));
    const stories = new Set(told.map((body) => JSON.stringify([body.delivery ?? body.duplicate, body.runs])));
    if (stories.size !== 1) return [`${id} was answered as ${[...stories].join(" and as ")}`];
    const fresh = answers.filter((each) => each?.status === 202).length;
    if (fresh > 1) return [`${id} was accepted ${fresh} times`];
    const stored = await store.delivery(told[0]!.delivery ?? told[0]!.duplicate!);
    if (stored?.providerId !== id || stored.runs.join() !== told[0]!.runs!.join()) return [`${id} is stored as ${JSON.stringify(stored)}`];
    return stored.runs.flatMap((run) => {
      const state = byId.get(run)?.state;
      return state !== undefined && ends[kind].includes(state)
        ? []
        : [`run ${run} of ${id} is ${state}: ${byId.get(run)?.error?.message ?? ""}`];
    });
  });
  const strange = answered(deliveries).filter(({ status }) => ![200, 202, 503].includes(status));
  return [...(await Promise.all(found)).flat(), ...strange.map((each) => `it was answered ${JSON.stringify(each)}`)];
}

function answered(deliveries: readonly Delivery[]) {
  return deliveries.flatMap(({ answers }) => answers).filter((each) => each !== undefined);
}

/** At most one run of a lane is under way at any time: by what was seen of the store, by its times, and by what workers have said. */
function lanes(world: World, runs: readonly StoredRun[]): readonly string[] {
  const seen = world.looks.flatMap((look) => {
    const names = look.map(({ lane }) => lane);
    return new Set(names).size === names.length ? [] : [`two runs of a lane were running: ${JSON.stringify(look)}`];
  });
  const began = runs.filter(({ startedAt, endedAt }) => startedAt !== undefined && endedAt !== undefined);
  const stored = [...Map.groupBy(began, ({ lane }) => lane)].flatMap(([lane, ofLane]) => {
    const inOrder = ofLane.toSorted((a, b) => a.fence - b.fence);
    return inOrder.flatMap((run, at) => {
      const before = inOrder[at - 1];
      return before === undefined || before.endedAt! <= run.startedAt! ? [] : [`in ${lane}, ${run.id} began before ${before.id} had ended`];
    });
  });
  return [...seen, ...stored, ...toldOverlaps(world)];
}

/** A line of a worker's log. */
interface Said {
  readonly time: number;
  readonly msg: string;
  readonly worker: string;
  readonly run: string;
  readonly lane?: string;
  readonly fence?: number;
  readonly state?: string;
}

function saidOf(world: World): readonly Said[] {
  const lines = world.log().split("\n").filter((line) => line.startsWith("{") && line.endsWith("}")); // prettier-ignore
  return lines.map((line) => JSON.parse(line) as Said).filter(({ msg }) => msg === "run begins" || msg === "run left");
}

/** Workers say that they have left a run after it is stored: by then another may have begun, so two seconds are nothing. Whoever was harmed says nothing. */
const slack = 2_000;

function toldOverlaps(world: World): readonly string[] {
  const said = saidOf(world);
  const begins = said.filter(({ fence }) => fence !== undefined).toSorted((a, b) => a.fence! - b.fence!);
  const byLane = Map.groupBy(begins, ({ lane }) => lane!);
  return [...byLane.values()].flatMap((ofLane) =>
    ofLane.flatMap((begin, at) => {
      const before = ofLane[at - 1];
      if (before === undefined || world.harms.some((harm) => harm.at >= before.time - slack && harm.at <= begin.time)) return [];
      const left = said.find(
        (each) => each.msg === "run left" && each.worker === before.worker && each.run === before.run && each.time >= before.time,
      );
      return left !== undefined && left.time <= begin.time + slack
        ? []
        : [`run ${begin.run} began in ${begin.lane} while ${before.run} was not left`];
    }),
  );
}

/** Each claim has a fence of its own, and those of a run rise. */
function fences(world: World): readonly string[] {
  const begins = saidOf(world).filter(({ msg }) => msg === "run begins");
  const twice = begins.length - new Set(begins.map(({ fence }) => fence)).size;
  const last = new Map<string, number>();
  const fell = world.looks.flatMap((look) =>
    look.flatMap(({ run, fence }) => {
      const before = last.get(run) ?? 0;
      last.set(run, fence);
      return fence < before ? [`the fence of run ${run} fell from ${before} to ${fence}`] : [];
    }),
  );
  return [...(twice === 0 ? [] : [`${twice} fences were given twice`]), ...fell];
}

/**
 * No secret is in a log or in the store. Another process reads its files: to close one here would end the locks that this process has on it, and
 * whoever opens the store next would take it for nobody's (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
async function secrets(world: World): Promise<readonly string[]> {
  const paths = ["", "-wal", "-shm"].map((end) => `${world.file}${end}`);
  const { stdout } = await promisify(execFile)("cat", paths, { encoding: "buffer", maxBuffer: 2 ** 30 });
  const canaries = [slackToken, world.doubles.flux.env.GITHUB_TOKEN!, ...world.keys];
  return canaries.flatMap((canary) => [
    ...(world.log().includes(canary) ? [`${canary} was logged`] : []),
    ...(stdout.includes(canary) ? [`${canary} is in the store`] : []),
  ]);
}

/** Nothing runs but listeners and their workers. */
async function processes(world: World): Promise<readonly string[]> {
  return await Promise.all((await world.leftBehind()).map(async (each) => `process ${each.pid} is left: ${await commandOf(each)}`));
}

/** The store's file is whole: a look that only a test takes. */
function file({ file: path }: World): readonly string[] {
  using db = new DatabaseSync(path);
  const said = db.prepare("PRAGMA integrity_check").all().map((row) => Object.values(row).join()); // prettier-ignore
  return said.join() === "ok" ? [] : [`integrity check: ${said.join("; ")}`];
}
