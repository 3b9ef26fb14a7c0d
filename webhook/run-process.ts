// The process of one run. A worker starts it, tells it what to run, and keeps its journal; when the worker is gone, or is not heard of, it ends.
import { rmSync } from "node:fs";
import { pipelines } from "../src/pipelines/index.ts";
import { readConfig } from "./config.ts";
import { receivers } from "./receivers/index.ts";
import { execute } from "./run/execute.ts";
import { createLifeline } from "./run/lifeline.ts";
import type { Answer, FromRun, RunOrder, ToRun } from "./run/messages.ts";

const stop = new AbortController();
const answers = new Map<number, (answer: Answer) => void>();
let lastId = 0;
let [grace, folder] = [0, ""];

const lifeline = createLifeline(end);

process.on("message", (message: ToRun) => {
  if (message.type === "held") return lifeline.hold(message.until);
  if (message.type === "start") void run(message);
  if (message.type === "stop") stop.abort();
  if (message.type === "answer") answers.get(message.id)?.(message);
});
process.on("disconnect", () => {
  stop.abort();
  setTimeout(end, grace).unref();
});
process.on("exit", removeFolder); // a worker that is gone does not

async function run(order: RunOrder): Promise<void> {
  ({ grace, folder } = order);
  lifeline.hold(order.held);
  const config = readConfig(order.config, { path: "configuration", receivers, pipelines });
  const ending = await execute(order, config, {
    signal: stop.signal,
    log: (text) => send({ type: "log", text }),
    async found(decision) {
      await ask({ type: "found", id: ++lastId, decision });
    },
    journal: {
      read: async (_run, step, key) => (await ask({ type: "read", id: ++lastId, step, key })).entry,
      async claim(_run, step, key) {
        const { claimed } = await ask({ type: "claim", id: ++lastId, step, key });
        return claimed ?? { state: "ours", since: null };
      },
      async begin() {
        await ask({ type: "begin", id: ++lastId });
        lifeline.assertHeld(); // the answer may have come before this process stood still
      },
      async record(_run, step, key, entry) {
        await ask({ type: "record", id: ++lastId, step, key, entry });
      },
    },
  });
  send({ type: "ended", ending });
  if (process.connected) process.disconnect();
}

/** Ends this process, and what it has started: it leads a group. */
function end(): void {
  removeFolder();
  process.kill(-process.pid, "SIGKILL");
}

function removeFolder(): void {
  if (folder !== "") rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function ask(question: Extract<FromRun, { id: number }>): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  answers.set(question.id, (answer) => {
    answers.delete(question.id);
    resolve(answer);
  });
  send(question);
  return promise;
}

/** A worker that is gone is told nothing. */
function send(message: FromRun): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
