import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startDoubles, type Doubles } from "./doubles.ts";
import { playRound } from "./faults.ts";
import { violations } from "./invariants.ts";
import { createRandom } from "./random.ts";
import { createTraffic, isAccepted, type Traffic } from "./traffic.ts";
import { startWorld, type World } from "./world.ts";

const rounds = Number(process.env.CRASH_ROUNDS ?? 5);
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
vi.setConfig({ testTimeout: Math.max(300_000, rounds * 60_000), hookTimeout: 120_000 });

let doubles: Doubles;
let world: World;
let traffic: Traffic;
const random = createRandom(seed);

beforeAll(async () => {
  doubles = await startDoubles();
  world = await startWorld(doubles);
  traffic = createTraffic(world, random);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await doubles[Symbol.asyncDispose]();
});

test(`${rounds} times something is killed (CRASH_SEED=${seed}), and everything that was accepted is done once`, async () => {
  try {
    for (let round = 1; round <= rounds; round++) {
      const began = performance.now();
      const { told, struck } = await playRound(world, traffic, random);
      const wrong = await violations(world, traffic);
      console.log(`round ${round}: ${told}${struck ? "" : " (not met)"}, ${Math.round(performance.now() - began)} ms`, ...wrong);
      expect(wrong, `round ${round}: ${told}\n${world.log().slice(-20_000)}`).toEqual([]);
    }
  } finally {
    console.log(await counts());
  }
});

/** What the rounds came to. */
async function counts(): Promise<string> {
  const runs = await world.store.runs({ limit: 1_000_000 });
  const count = <T>(list: readonly T[], by: (each: T) => string): object =>
    Object.fromEntries([...Map.groupBy(list, by)].map(([name, { length }]) => [name, length]));
  const answers = traffic.deliveries.flatMap(({ answers }) => answers);
  return JSON.stringify({
    ...{ seed, rounds, deliveries: traffic.deliveries.length, accepted: traffic.deliveries.filter(isAccepted).length },
    answers: count(answers, (each) => String(each?.status ?? "none")),
    kills: count(world.harms, ({ what }) => what),
    runs: count(runs, ({ state }) => state),
    attempts: runs.reduce((sum, { attempt }) => sum + attempt, 0),
  });
}
