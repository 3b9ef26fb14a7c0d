/**
 * Stops a reporter at each of its writes, as a process that is killed there, and lets another process report again in full.
 */
import { vi } from "vitest";
import type { GitHub } from "../doubles/github.ts";

/** A fresh double, and what a process does with it. */
export interface Reported extends AsyncDisposable {
  readonly github: GitHub;
  /** Reports as a process of its own would: with new ports, whose requests the signal ends. */
  report(signal: AbortSignal): Promise<void>;
  /** What is to be seen at the double: without ids and times, so that it can be compared with that of another double. */
  seen(): unknown;
}

/** What became of a report that was stopped once. */
export interface Interrupted {
  /** Such as `write 2 not sent`, or `write 2 done, answer lost`. */
  readonly stopped: string;
  /** What is to be seen after the next process has reported in full. */
  readonly seen: unknown;
  /** The number of writes of the next process, and of one more after it, which has nothing left to do. */
  readonly writes: readonly [number, number];
}

/** What a report does, stopped nowhere and everywhere. */
export interface Interruptions {
  /** The writes of a report that nobody stops, as `METHOD path`, with the digits of ids as `N`. */
  readonly writes: readonly string[];
  readonly seen: unknown;
  readonly interrupted: readonly Interrupted[];
}

const ways = ["not sent", "done, answer lost"] as const;

/** Returns what a report leaves, stopped before each of its writes has reached GitHub, and after it has but before its answer came. */
export async function interruptEachWrite(open: () => Promise<Reported>): Promise<Interruptions> {
  await using whole = await open();
  const before = whole.github.requests.length;
  await whole.report(new AbortController().signal);
  const writes = whole.github.requests.slice(before).filter(isWrite);
  const interrupted: Interrupted[] = [];
  for (const at of writes.keys()) for (const way of ways) interrupted.push(await interruptOnce(open, at, way));
  return {
    writes: writes.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{40}|\d{4,}/g, "N")}`),
    seen: whole.seen(),
    interrupted,
  };
}

async function interruptOnce(open: () => Promise<Reported>, at: number, way: (typeof ways)[number]): Promise<Interrupted> {
  await using world = await open();
  const { github } = world;
  const stop = new AbortController();
  const asked = { write: true, skip: at };
  github.before(asked, () => Promise.resolve(stop.abort(new Error("killed"))));
  github.fail({ ...asked, hangUp: way === "not sent" ? "before" : "after", status: 503 });
  const ended = await world.report(stop.signal).then(
    () => "reported in full",
    () => "stopped",
  );
  if (ended !== "stopped") throw new Error(`write ${at + 1} ${way}: the process was not stopped`);
  await vi.waitUntil(() => github.requests.every(({ status }) => status !== 0)); // what was sent is done
  const next = await countWrites(world);
  const seen = world.seen();
  return { stopped: `write ${at + 1} ${way}`, seen, writes: [next, await countWrites(world)] };
}

async function countWrites(world: Reported): Promise<number> {
  const before = world.github.requests.length;
  await world.report(new AbortController().signal);
  return world.github.requests.slice(before).filter(isWrite).length;
}

const isWrite = ({ write }: GitHub["requests"][number]): boolean => write;
