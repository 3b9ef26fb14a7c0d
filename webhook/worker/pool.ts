import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { programPath } from "../programs.ts";
import type { WorkerTimings } from "./watch.ts";
import type { FromWorker, ToWorker } from "../worker-process.ts";

/** The worker processes of a listener. */
export interface WorkerPool {
  /** Tells them that there may be a run. */
  wake(): void;
  status(): { readonly alive: number; readonly engineAway: boolean };
  /** Has so many, from now on. */
  resize(count: number): void;
  /** Lets each give back its run, and waits until all have ended. */
  stop(): Promise<void>;
}

/** Settings of the pool's workers. */
export interface WorkerPoolOptions {
  readonly store: string;
  readonly timings: WorkerTimings;
  readonly retentionMilliseconds: number;
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
}

interface Worker {
  readonly process: ChildProcess;
  engineAway: boolean;
}

/** Milliseconds before a worker that has died is started again, growing from the first to the last. */
const firstPause = 200;
const lastPause = 30_000;

/**
 * A worker holds little, and reads a delivery's event and input at most. V8 would let garbage of the young generation grow to many times that:
 * https://nodejs.org/api/cli.html#--max-semi-space-sizesize-in-mib
 */
const workerHeap = ["--max-semi-space-size=2"];

/** Starts workers, and starts again those that die. */
export function startWorkerPool(count: number, { store, timings, retentionMilliseconds, log }: WorkerPoolOptions): WorkerPool {
  const running = new Map<number, Worker>();
  const loops = new Map<number, Promise<void>>();
  let wanted = count;
  const stop = new AbortController();
  let waking = false;
  const wakeAll = (): void => {
    waking = false;
    for (const { process: child } of running.values())
      if (child.connected) child.send({ type: "wake" } satisfies ToWorker, () => undefined);
  };
  const keep = async (place: number): Promise<void> => {
    for (let pause = firstPause; !stop.signal.aborted && place < wanted; pause = Math.min(pause * 2, lastPause)) {
      const begun = performance.now();
      const child = fork(programPath("worker-process"), { execArgv: workerHeap, stdio: ["ignore", "ignore", "inherit", "ipc"] });
      const worker: Worker = { process: child, engineAway: false };
      running.set(place, worker);
      child.on("message", (message: FromWorker) => (worker.engineAway = message.engineAway));
      const order: ToWorker = { type: "start", name: `worker-${process.pid}-${place + 1}`, store, timings, retentionMilliseconds };
      child.send(order, () => undefined);
      const end = await endOf(child);
      running.delete(place);
      if (stop.signal.aborted || place >= wanted) return;
      log({ worker: place + 1, exit: end, message: "a worker has died, and is started again" });
      if (performance.now() - begun > lastPause) pause = firstPause;
      await delay(pause, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const resize = (to: number): void => {
    wanted = to;
    for (const [place, { process: child }] of running) if (place >= wanted) child.kill("SIGTERM");
    for (let place = 0; place < wanted; place++) {
      if (!loops.has(place))
        loops.set(
          place,
          keep(place).finally(() => loops.delete(place)),
        );
    }
  };
  resize(count);
  return {
    wake() {
      // One message a turn: all deliveries of a group commit are answered in the same, and a message costs as much as an answer.
      if (!waking) setImmediate(wakeAll);
      waking = true;
    },
    status: () => ({ alive: running.size, engineAway: [...running.values()].some((each) => each.engineAway) }),
    resize,
    async stop() {
      stop.abort();
      for (const { process: child } of running.values()) child.kill("SIGTERM");
      await Promise.all(loops.values());
    },
  };
}

/** Returns how a process has ended, or that it could not be started. */
async function endOf(child: ChildProcess): Promise<string | number> {
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    return signal ?? code ?? "unknown";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  }
}
