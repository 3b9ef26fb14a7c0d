// The process of one run. A worker starts it, tells it what to run, and keeps its journal; when the worker is gone, it ends.
import { pipelines } from "../src/pipelines/index.ts";
import type { Recorded } from "../src/core/journal.ts";
import { readConfig } from "./config.ts";
import { receivers } from "./receivers/index.ts";
import { execute } from "./run/execute.ts";
import type { FromRun, RunOrder, ToRun } from "./run/messages.ts";

const stop = new AbortController();
const answers = new Map<number, (entry: Recorded | undefined) => void>();
let lastId = 0;
let grace = 0;

process.on("message", (message: ToRun) => {
  if (message.type === "start") void run(message);
  if (message.type === "stop") stop.abort();
  if (message.type === "answer") answers.get(message.id)?.(message.entry);
});
process.on("disconnect", () => {
  stop.abort();
  setTimeout(() => process.kill(-process.pid, "SIGKILL"), grace).unref(); // and what it has started: it leads a group
});

async function run(order: RunOrder): Promise<void> {
  ({ grace } = order);
  const config = readConfig(order.config, { path: "configuration", receivers, pipelines });
  const ending = await execute(order, config, {
    signal: stop.signal,
    log: (text) => tell({ type: "log", text }),
    journal: {
      read: (_run, step, key) => ask({ type: "read", id: ++lastId, step, key }),
      async begin() {
        await ask({ type: "begin", id: ++lastId });
      },
      async record(_run, step, key, entry) {
        await ask({ type: "record", id: ++lastId, step, key, entry });
      },
    },
  });
  tell({ type: "ended", ending });
  if (process.connected) process.disconnect();
}

function ask(question: Extract<FromRun, { id: number }>): Promise<Recorded | undefined> {
  const { promise, resolve } = Promise.withResolvers<Recorded | undefined>();
  answers.set(question.id, (entry) => {
    answers.delete(question.id);
    resolve(entry);
  });
  tell(question);
  return promise;
}

/** A worker that is gone is told nothing. */
function tell(message: FromRun): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
