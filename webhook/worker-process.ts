// A worker: a process that performs runs of the store, one after the other, until it is told to stop or the listener is gone.
import { once } from "node:events";
import { getPriority, setPriority } from "node:os";
import { asFairleadError } from "../src/core/errors.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { readConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { receivers } from "./receivers/index.ts";
import { openStore } from "./stores/index.ts";
import { holderName, thisMachine } from "./worker/holder.ts";
import type { WorkerTimings } from "./worker/watch.ts";
import { send } from "./worker/send.ts";
import { maintain, work, type Working } from "./worker/work.ts";

/** A message from the listener to a worker. */
export type ToWorker =
  | {
      readonly type: "start";
      readonly name: string;
      readonly store: string;
      readonly timings: WorkerTimings;
      readonly retentionMilliseconds: number;
    }
  /** There may be a run. */
  | { readonly type: "wake" };

/** A message from a worker to the listener. `engineAway`: the engine did not answer when it was last needed. */
export type FromWorker = { readonly type: "status"; readonly engineAway: boolean };

type Order = Extract<ToWorker, { type: "start" }>;

// The listener may have been given more than its share of the processors, so that deliveries are taken in time: runs have no claim to that.
if (getPriority() < 0) setPriority(0);
const stop = new AbortController();
process.on("disconnect", () => stop.abort());
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => signal === "SIGTERM" && stop.abort());
const order = await firstOrder();

const idlers = new Set<() => void>();
process.on("message", () => {
  for (const wake of idlers) wake();
});

const log = createLog({ worker: order?.name ?? "none" });
const tellStatus = (engineAway: boolean): void => {
  if (process.connected) process.send?.({ type: "status", engineAway } satisfies FromWorker, undefined, undefined, () => undefined);
};

try {
  if (order !== undefined) await workUntilStopped(order);
} catch (error) {
  const { code, message, hint } = asFairleadError(error);
  log.fatal({ code, hint }, message);
  process.exitCode = 1;
}
if (process.connected) process.disconnect();

/** Returns what the listener orders; undefined: it was gone before. */
async function firstOrder(): Promise<Order | undefined> {
  if (!process.connected) return undefined;
  const ordered = once(process, "message", { signal: stop.signal }) as Promise<[Order]>;
  return await ordered.then(
    ([first]) => first,
    () => undefined,
  );
}

/** Throws, as `openStore`, when the store cannot be opened. */
async function workUntilStopped(order: Order): Promise<void> {
  await using store = await openStore(order.store);
  const working: Working = {
    store,
    timings: order.timings,
    signal: stop.signal,
    name: holderName(order.name, process.pid, thisMachine()),
    readConfig: rememberLast((text) => readConfig(text, { path: "configuration", receivers, pipelines })),
    idle,
    report: {
      claimed(claim) {
        log.info(
          {
            run: claim.id,
            delivery: claim.delivery,
            pipeline: claim.pipeline,
            lane: claim.lane,
            attempt: claim.attempt,
            fence: claim.fence,
          },
          "run begins",
        );
      },
      performed(claim, { state, error, engineAway }) {
        const about = { run: claim.id, delivery: claim.delivery, attempt: claim.attempt, state };
        log.info({ ...about, ...(error !== undefined && { error }) }, "run left");
        tellStatus(engineAway);
      },
      failed: ({ code, message }) => log.error({ code }, message),
    },
  };
  await Promise.all([work(working), send(working), maintain(working, order.retentionMilliseconds)]);
}

/** Returns what reads the last texts once: nearly all runs have the same configuration, and to read one makes much garbage. */
function rememberLast<T>(read: (text: string) => T, most = 4): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text) ?? read(text);
    known.delete(text);
    known.set(text, found);
    for (const [oldest] of known) if (known.size > most) known.delete(oldest);
    return found;
  };
}

/** Waits until there may be a run, or something to tell of one, until a worker is to stop, or so many milliseconds. */
async function idle(milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const end = (): void => resolve();
  idlers.add(end);
  stop.signal.addEventListener("abort", end);
  await promise;
  idlers.delete(end);
  stop.signal.removeEventListener("abort", end);
  clearTimeout(timer);
}
