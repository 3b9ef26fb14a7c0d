import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { heldUntil, monotonic } from "../../../webhook/run/lifeline.ts";
import { spawnRun, type RunHandlers, type RunProcess } from "../../../webhook/worker/spawn-run.ts";
import { claim as takeRun, queue } from "../store/bed.ts";
import { openBed } from "../store/sqlite-bed.ts";

const minute = 60_000;

/** Starts a run whose one effect is under way at a server that never answers, and calls `use` with it then. */
async function withHangingRun(held: number, use: (run: RunProcess) => Promise<void>): Promise<void> {
  await using bed = await openBed();
  const server = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  const config = JSON.stringify({
    version: 1,
    sources: { ci: { kind: "generic-hmac", secrets: "env:X" } },
    servers: { slack: { api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` } },
    routes: [
      {
        name: "main",
        when: { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "main" },
        run: "notify",
        with: { message: "hello", to: ["slack:C0RELEASES"] },
        policy: "every",
      },
    ],
  });
  await queue(bed.store, "a", { input: { message: "hello", to: ["slack:C0RELEASES"] }, pipeline: "notify" });
  const handlers: RunHandlers = {
    started: () => Promise.resolve(),
    read: () => Promise.resolve(undefined),
    claim: () => Promise.resolve({ state: "ours", since: null }),
    begin: () => Promise.resolve(),
    record: () => Promise.resolve(),
    found: () => Promise.resolve(),
    log: () => undefined,
    failed: () => undefined,
  };
  const credentials = { slack: { token: "env:SLACK" } };
  const order = { claim: await takeRun(bed.store), began: 0, resumed: false, grace: minute, config, credentials };
  const run = spawnRun({ ...order, held, secrets: { "env:SLACK": "xoxb-0" }, machine: [], memoryBytes: 2 ** 29 }, handlers);
  try {
    await Promise.race([once(server, "request"), run.ended]);
    await use(run);
  } finally {
    run.kill();
    server.closeAllConnections();
    server.close();
  }
}

test("a run's process without word from its worker ends itself, whatever it is doing", async () => {
  await withHangingRun(monotonic() + minute, async (run) => {
    run.hold(monotonic() + 2 * minute);
    run.hold(monotonic() + 1); // an older word ends nothing that a newer one holds
    const first = await Promise.race([run.ended, new Promise((resolve) => setImmediate(resolve, "it goes on"))]);
    expect(first).toBe("it goes on");
  });
  await withHangingRun(monotonic() + 4_000, async (run) => {
    expect(await run.ended).toEqual({ state: "died", how: "SIGKILL" });
  });
});

test("a run whose lease was half over before it began does nothing", async () => {
  await withHangingRun(monotonic() - 1, async (run) => {
    expect(await run.ended).toEqual({ state: "died", how: "SIGKILL" });
  });
});

test("a run is held for half a lease after each word, and never beyond what the store has confirmed", () => {
  expect(heldUntil(100, 100, 30_000)).toBe(15_100);
  expect(heldUntil(20_000, 100, 30_000)).toBe(27_100); // the store has not answered since
});

test("a lease too short for an effect to end gives a warning, and the default gives none", () => {
  const warningsOf = (workers: object): readonly object[] =>
    readConfig(JSON.stringify({ version: 1, workers }), { path: "fairlead.yaml", receivers, pipelines }).warnings;
  expect(warningsOf({})).toEqual([]);
  expect(warningsOf({ lease: "24s" })).toEqual([]);
  expect(warningsOf({ lease: "4s" })).toEqual([
    {
      path: ["workers", "lease"],
      message: "an effect may take 12s to end, and is cut off after 2s when a worker is not heard of: expected 24s or more",
    },
  ]);
});
