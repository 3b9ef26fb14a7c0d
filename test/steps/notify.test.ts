import { expect, test } from "vitest";
import type { Notifier } from "../../src/core/notify/notifier.ts";
import type { Ports } from "../../src/core/run/ports.ts";
import { memoryJournal, type Claimed, type Journal } from "../../src/core/run/journal.ts";
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

test("notify posts nothing where another run of its key has posted, and waits for one that may", async () => {
  const answers: Claimed[] = [
    { state: "held", by: "run-2" },
    { state: "done", result: { destination: "slack:C0123456789", channel: "C0123456789", id: "1.2" } },
  ];
  const journal: Journal = { ...memoryJournal(), claim: () => Promise.resolve(answers.shift()!) };
  const options = quietRun({ journal });
  const result = await runPipeline(notify, options, { message: "hi", to: ["slack:C0123456789"], key: "1.4.3 is out" });
  expect(result).toMatchObject({ id: "1.2" });
  expect(options.reported).toContainEqual({
    type: "notice",
    message: "waiting for run run-2, which has the same key: it has not posted yet",
  });
  expect(answers).toEqual([]);
});

test("notify looks back to the time from which a message of its key may be there", async () => {
  const since: (Date | undefined)[] = [];
  const notifier: Notifier = {
    find: (channel, _message, from) => Promise.resolve({ posted: { channel, id: String(since.push(from)) } }),
    post: () => Promise.reject(new Error("not this")),
  };
  const ports = (): Ports => ({ ...noPorts, notifier: () => notifier });
  const claimed = (at: number | null): Journal => ({ ...memoryJournal(), claim: () => Promise.resolve({ state: "ours", since: at }) });
  const input = { message: "hi", to: ["slack:C0123456789"], key: "1.4.3 is out" };
  const began = quietRun().began.getTime();
  for (const options of [{}, { resumed: true }, { resumed: true, journal: claimed(began - 5_000) }, { journal: claimed(began + 5_000) }]) {
    await runPipeline(notify, quietRun({ ports, ...options }), input);
  }
  expect(since).toEqual([undefined, new Date(began), new Date(began - 5_000), new Date(began + 5_000)]);
});

test("a dry run of notify looks at the place, which shows that it can be reached", async () => {
  expect(await asked({ dryRun: true })).toEqual(["find"]);
});
