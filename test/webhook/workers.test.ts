import { fork } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test, vi } from "vitest";
import { programPath } from "../../webhook/programs.ts";
import { startWorkerPool } from "../../webhook/worker/pool.ts";

vi.setConfig({ testTimeout: 120_000 });

const timings = { lease: 2_000, stallTimeout: 60_000, grace: 1_000 };

test("workers that die are restarted ever more slowly, and stopping the pool does not wait for the next restart", async () => {
  const deaths: unknown[] = [];
  const workers = startWorkerPool(1, { store: "none:", timings, retentionMilliseconds: 1, log: (entry) => deaths.push(entry) });
  const pauses = [200, 400, 800, 1600];
  await vi.waitFor(() => expect(deaths).toHaveLength(pauses.length), { timeout: 60_000, interval: 10 });
  const began = performance.now();
  await workers.stop();
  expect(performance.now() - began).toBeLessThan(pauses.at(-1)! / 2);
  expect({ deaths: deaths[0], status: workers.status() }).toEqual({
    deaths: { worker: 1, exit: expect.any(Number) as number, message: "a worker has died, and is started again" },
    status: { alive: 0, engineAway: false },
  });
});

test("a worker that cannot open its store logs one line with a hint, and ends", async () => {
  const worker = fork(programPath("worker-process"), { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const [said, ended] = [text(worker.stderr!), once(worker, "exit")];
  worker.send({ type: "start", name: "worker-1", store: `sqlite:${import.meta.filename}`, timings, retentionMilliseconds: 1 });
  expect(JSON.parse(await said)).toEqual({
    ...{ level: 60, time: expect.any(Number) as number, worker: "worker-1" },
    ...{ code: "conflict", msg: `open store: ${import.meta.filename} is no store, or its first page is damaged` },
    hint: "name another file, or restore a backup",
  });
  expect(await ended).toEqual([1, null]);
});
