import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { spawnRun, type RunStart } from "../../../webhook/worker/spawn-run.ts";

/** Returns the processes that this one has started. */
function children(): readonly string[] {
  const tasks = readdirSync("/proc/self/task").map((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8"));
  return tasks.flatMap((text) => text.split(" ")).filter((pid) => pid !== "");
}

test("a run has a limited heap, and the kernel ends it before the listener when memory runs out", async () => {
  const before = children();
  const unused = (): Promise<never> => Promise.reject(new Error("it asks for nothing"));
  const order = { claim: {}, config: "no configuration", credentials: {}, secrets: {}, began: 0, grace: 0 } as unknown as RunStart;
  const handlers = {
    started: () => Promise.resolve(),
    read: unused,
    claim: unused,
    begin: unused,
    record: unused,
    found: unused,
    log: () => undefined,
    failed: () => undefined,
  };
  const run = spawnRun({ ...order, machine: [], memoryBytes: 200 * 1024 * 1024 }, handlers);
  const [pid, ...others] = children().filter((each) => !before.includes(each));
  const score = (of: string): number => Number(readFileSync(`/proc/${of}/oom_score_adj`, "utf8"));
  expect({
    others,
    flag: readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[1],
    score: score(pid!),
    ours: score("self"),
  }).toEqual({ others: [], flag: "--max-old-space-size=200", score: 800, ours: 0 });
  run.kill();
  expect(await run.ended).toEqual({ state: "died", how: "SIGKILL" });
});
