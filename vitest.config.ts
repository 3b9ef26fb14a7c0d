import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Tests that use the engine share the host's one engine. Those that kill it run alone, one after the other, after all others: their order has to
// be said, since what has none comes last when there is one worker.
const engineDies = ["test/engine-dies.test.ts", "test/webhook/crash/engine.test.ts"];

export default defineConfig({
  test: {
    globalSetup: "test/global-setup.ts",
    maxWorkers: 2, // on the smallest machine too: they mostly wait for other programs
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, ".cache/compiled") }, // halves the time that a program of ours takes to start
    testTimeout: 120_000,
    hookTimeout: 300_000,
    projects: [
      {
        extends: true,
        test: { name: "all", include: ["test/**/*.test.ts"], exclude: [...engineDies, "test/fixtures/**"], sequence: { groupOrder: 1 } },
      },
      { extends: true, test: { name: "engine dies", include: engineDies, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
});
