/** What happens to a listener while deliveries come and runs go on. */
import { setTimeout as delay } from "node:timers/promises";
import { moments, type Trap } from "./doubles.ts";
import type { Listener } from "./listener.ts";
import { allOf, signal, treeOf, type Process } from "./processes.ts";
import type { Random } from "./random.ts";
import { kinds, type Kind, type Traffic } from "./traffic.ts";
import { until } from "./watching.ts";
import type { World } from "./world.ts";

/** Who is killed: the processes of all runs, of all workers, the listener alone, or everything at once. */
const victims = ["runs", "workers", "listener", "all"] as const;
type Victim = (typeof victims)[number];

/** Kills, and starts again what nobody else does. */
export async function kill(world: World, victim: Victim): Promise<void> {
  const trees = await world.trees();
  const killed = trees.flatMap((tree) => {
    if (victim === "all") return allOf(tree);
    return victim === "listener" ? allOf(tree).slice(0, 1) : tree[victim];
  });
  const listeners = victim === "runs" || victim === "workers" ? [] : [...world.listeners];
  world.forget(...listeners);
  await world.harm(victim, "SIGKILL", killed);
  await Promise.all(listeners.map(({ exit }) => exit));
  for (const _ of listeners) await world.start();
}

/** Milliseconds that runs have before their workers go on. */
const headStart = 300;

/**
 * Pauses all that there is until others have done its work, and lets it go on, as a machine that was asleep: its runs are not its own any more. Calls
 * `paused` when it stands still: what it is told from then on, it hears when it goes on.
 */
export async function pause(world: World, paused: () => void = () => undefined): Promise<void> {
  const listeners = [...world.listeners];
  const trees = await world.trees();
  world.forget(...listeners);
  while (!(await stopAt(world, trees.flatMap(allOf)))) await signal("SIGCONT", trees.flatMap(allOf));
  paused();
  await world.start();
  await untilQuiet(world);
  // runs first, when nobody can tell them yet that they are another's
  const runs = trees.flatMap((tree) => [...tree.runs, ...tree.others]);
  await world.harm("resume", "SIGCONT", runs);
  await delay(headStart);
  await signal("SIGCONT", trees.flatMap(allOf));
  // its workers end them: then nothing is to be given back
  const runsOf = async ({ pid }: Listener): Promise<readonly Process[]> => (await treeOf(pid)).runs;
  await until(async () => (await Promise.all(listeners.map(runsOf))).flat().length === 0, world.log);
  await signal(
    "SIGTERM",
    trees.flatMap(({ listener }) => listener ?? []),
  );
  await Promise.all(listeners.map(({ exit }) => exit));
}

/** Stops processes, and returns whether others can still write to the store: whoever sleeps in the middle of a transaction has them wait as long. */
async function stopAt(world: World, processes: readonly Process[]): Promise<boolean> {
  await world.harm("pause", "SIGSTOP", processes);
  return await world.store.keepConfig("can it be written", "{}").then(
    () => true,
    () => false,
  );
}

/** Waits until all runs that are stored have ended. */
export async function untilQuiet({ store, log }: World): Promise<void> {
  await until(async () => (await store.runs({ states: ["queued", "running", "waiting"], limit: 1 })).length === 0, log, 300_000);
}

/** The requests between which a run's effects lie, and which kind of delivery makes them. */
export const points: readonly (readonly [kind: Kind, at: RegExp])[] = [
  ["tag", /^PUT \/v2\/acme\/web\/manifests\/tag-/],
  ["tell", /^POST \/api\/conversations\.history/],
  ["tell", /^POST \/api\/chat\.postMessage/],
  ["newest", /^POST \/api\/chat\.postMessage/],
  ["deploy", /^POST \/acme\/flux(\.git)?\/git-receive-pack/],
  ["deploy", /^POST \/api\/v3\/repos\/acme\/flux\/pulls$/],
  ["deploy", /^PATCH \/api\/v3\/repos\/acme\/flux\/pulls\/\d+$/],
  ["deploy", /^POST \/api\/v3\/repos\/acme\/flux\/issues\/\d+\/comments$/],
  ["deploy", /^DELETE \/api\/v3\/repos\/acme\/flux\/git\/refs\/heads/],
];

/** What a round does, in words. */
export interface Round {
  readonly told: string;
  /** Whether something was killed. */
  readonly struck: boolean;
}

/** The most requests that runs of a round make before something happens, and milliseconds. */
const [mostRequests, longest] = [40, 3_000];

/** Sends deliveries, one after another or five times at once, the last perhaps never again, and kills or pauses somebody: at a request's boundary, or at any time. */
export async function playRound(world: World, traffic: Traffic, random: Random): Promise<Round> {
  const victim = random.pick([...victims, "pause"] as const);
  const way = random.pick(["point", "point", "request", "time"] as const);
  const [kind, at] = random.pick(points);
  const moment = victim === "pause" ? "held" : random.pick(moments);
  const [count, milliseconds] = [random.below(mostRequests), random.below(longest)];
  const strike: Strike = (paused) => (victim === "pause" ? pause(world, paused) : kill(world, victim));
  const told = { point: `${moment} ${at.source}`, request: `at request ${count}`, time: `after ${milliseconds} ms` }[way];
  const sending = sendSome(traffic, random, way === "point" ? kind : random.pick(kinds));
  const trap: Omit<Trap, "spring"> =
    way === "point"
      ? { at: (name: string) => at.test(name), moment }
      : { at: after(count), moment: victim === "pause" ? moment : "before" };
  const struck =
    way === "time"
      ? await delay(milliseconds)
          .then(() => strike(() => undefined))
          .then(() => true)
      : await strikeAt(world, trap, strike, sending);
  await sending;
  return { told: `${victim} ${told}`, struck };
}

/** Something that happens to processes. It may call `paused` before it is over. */
export type Strike = (paused: () => void) => Promise<void>;

/** Sets a trap, and waits until it has sprung, or until runs have done all that they had to do without it. */
export async function strikeAt(world: World, trap: Pick<Trap, "at" | "moment">, strike: Strike, sending: Promise<void>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let struck: Promise<boolean> | undefined;
  const spring = async (): Promise<void> => {
    const paused = Promise.withResolvers<void>();
    struck = strike(paused.resolve).then(() => true);
    resolve(struck);
    await Promise.race([paused.promise, struck]);
  };
  world.doubles.set({ ...trap, spring });
  const quiet = async (): Promise<boolean> => {
    await sending;
    await untilQuiet(world);
    return (await struck) ?? false;
  };
  const met = await Promise.race([promise, quiet()]);
  world.doubles.set(undefined);
  return met;
}

/** What Git answers is not all text, and is not held. */
function after(count: number): (name: string) => boolean {
  let left = count;
  return (name) => !/git-upload-pack|info\/refs/.test(name) && left-- <= 0;
}

async function sendSome(traffic: Traffic, random: Random, kind: Kind): Promise<void> {
  const made = await Promise.all([kind, random.pick(kinds), random.pick(kinds)].map((each) => traffic.make(each)));
  const never = random.below(4) === 0 ? made.at(-1) : undefined;
  const sent = random.shuffle(made).map(async (each) => {
    const [times, later] = [random.pick([1, 1, 5]), random.below(longest / 2)];
    await delay(later);
    await traffic.send(each, { times, once: each === never });
  });
  await Promise.all(sent);
}
