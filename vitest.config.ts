import { defineConfig } from "vitest/config";

// Tests that use the engine share the host's one engine. The one that kills it runs alone, after all others.
const engineDies = "test/engine-dies.test.ts";

export default defineConfig({
  test: {
    globalSetup: "test/global-setup.ts",
    testTimeout: 120_000,
    hookTimeout: 300_000,
    projects: [
      {
        extends: true,
        test: { name: "all", include: ["test/**/*.test.ts"], exclude: [engineDies, "test/fixtures/**"], sequence: { groupOrder: 0 } },
      },
      { extends: true, test: { name: "engine dies", include: [engineDies], sequence: { groupOrder: 1 } } },
    ],
  },
});
