import { expect, test } from "vitest";
import type { Notifier } from "../../src/core/notify/notifier.ts";
import type { Ports } from "../../src/core/run/ports.ts";
import { runPipeline } from "../../src/core/run/pipeline.ts";
import type { RunOptions } from "../../src/core/run/run-options.ts";
import { notify } from "../../src/pipelines/notify.ts";
import { noPorts, quietRun } from "../core/run/run.ts";

/** Runs notify at a place that has every message already, and returns what was asked of it. */
async function asked(options: Partial<RunOptions>, input: object = {}): Promise<readonly string[]> {
  const calls: string[] = [];
  const notifier: Notifier = {
    find: (channel) => Promise.resolve({ posted: { channel, id: String(calls.push("find")) } }),
    post: (channel) => Promise.resolve({ channel, id: String(calls.push("post")) }),
  };
  const ports = (): Ports => ({ ...noPorts, notifier: () => notifier });
  await runPipeline(notify, quietRun({ ports, ...options }), { message: "hi", to: ["slack:C0123456789"], ...input });
  return calls;
}

test("notify looks for a message that an earlier process, or another run of its key, may have posted", async () => {
  expect(await asked({})).toEqual(["post"]);
  expect(await asked({ resumed: true })).toEqual(["find"]);
  expect(await asked({}, { key: "1.4.3 is out" })).toEqual(["find"]);
});

test("a dry run of notify looks at the place, which shows that it can be reached", async () => {
  expect(await asked({ dryRun: true })).toEqual(["find"]);
});
