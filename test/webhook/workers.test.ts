import { expect, test, vi } from "vitest";
import { startWorkers } from "../../webhook/server/workers.ts";

vi.setConfig({ testTimeout: 120_000 });

test("workers that cannot work are started again, ever more slowly, and whoever stops does not wait for the next time", async () => {
  const deaths: unknown[] = [];
  const care = { lease: 2_000, silence: 60_000, grace: 1_000 };
  const workers = startWorkers(1, { store: "none:", care, keepMilliseconds: 1, log: (entry) => deaths.push(entry) });
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
