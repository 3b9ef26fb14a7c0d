import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { engineStatus, startEngine } from "../../../src/dagger/engine/native.ts";
import { bridgeAddress } from "../../doubles/bridge.ts";
import { applicationFiles } from "../../pipelines/world.ts";
import { startDoubles, type Doubles } from "./doubles.ts";
import { violations } from "./invariants.ts";
import { createRandom } from "./random.ts";
import { createTraffic } from "./traffic.ts";
import { until } from "./watching.ts";
import { startWorld, type World } from "./world.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

// Only the native engine is ours to kill. It is the one of all tests, so this file runs when nothing else does (vitest.config.ts).
const ours = process.env._EXPERIMENTAL_DAGGER_RUNNER_HOST === undefined;
const quiet = { report: () => undefined, signal: new AbortController().signal };
/** What a run has to find the engine by. */
const found = ["HOME", "XDG_CACHE_HOME", "FAIRLEAD_ENGINE_STATE", "FAIRLEAD_ENGINE_PLAIN_HTTP"];

let doubles: Doubles;
let world: World;

beforeAll(async () => {
  if (!ours) return;
  await startEngine(quiet);
  doubles = await startDoubles();
  const env = Object.fromEntries(found.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  world = await startWorld(doubles, { env: { ...env, FAIRLEAD_ENGINE: "native" } });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await doubles?.[Symbol.asyncDispose]();
});

test.runIf(ours)("a run whose engine is killed in the middle of a build is done once the engine is there again", async () => {
  await using gate = await startGate();
  const step = `RUN ["/bin/busybox", "wget", "-q", "-O", "/answer", "${gate.url}"]\n`;
  const files = await applicationFiles(`FROM scratch\nCOPY busybox /bin/busybox\n${step}`);
  await doubles.flux.github.createRepository("acme/app", { files });
  const traffic = createTraffic(world, createRandom(4));
  const shipped = await traffic.make("ship");
  await traffic.send(shipped);
  await gate.reached;
  const before = await engineStatus();
  process.kill(before.pid!, "SIGKILL");
  await until(async () => !(await engineStatus()).running, () => `engine ${before.pid} goes on`); // prettier-ignore
  gate.open();
  // by this process: what a run starts counts as its own, and has to end with it
  await startEngine(quiet);
  expect(await violations(world, traffic), world.log()).toEqual([]);
  expect((await engineStatus()).pid).not.toBe(before.pid);
  const run = await world.store.run(shipped.answers[0]!.body.runs![0]!);
  expect(run).toMatchObject({ state: "succeeded" });
  expect(run!.attempt).toBeGreaterThan(1); // one more may have met the engine while it started
});

/** Starts a server that lets nobody go on who comes before it is open. */
async function startGate() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const waiting: ServerResponse[] = [];
  let isOpen = false;
  const server = createServer((_request, response) => {
    if (isOpen) return void response.end("go on\n");
    waiting.push(response);
    reach();
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, bridgeAddress, resolve));
  return {
    url: `http://${bridgeAddress}:${(server.address() as AddressInfo).port}/`,
    reached,
    open() {
      isOpen = true;
      for (const response of waiting) response.destroy();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
