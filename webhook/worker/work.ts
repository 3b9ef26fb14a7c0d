import { setTimeout as delay } from "node:timers/promises";
import { asFairleadError, type FairleadError } from "../../src/core/errors.ts";
import { isGone, thisMachine } from "./holder.ts";
import { perform, type Performed, type Performing } from "./perform.ts";
import type { Claim } from "../store.ts";

/** The events of a worker. */
export interface WorkerEvents {
  claimed(claim: Claim): void;
  performed(claim: Claim, performed: Performed): void;
  /** Something is wrong with the store, or with the worker: it goes on. */
  failed(error: FairleadError): void;
}

/** The parts of a worker. */
export interface Working extends Performing {
  readonly name: string;
  readonly report: WorkerEvents;
  /** Fulfilled when there may be a run, or after the milliseconds: other listeners of the store tell nobody. */
  readonly idle: (milliseconds: number) => Promise<void>;
}

/** Milliseconds between two looks for runs when nobody has told of one. */
const poll = 1_000;
/** Milliseconds in which no run is begun after the engine was away, growing from the first to the last. */
const firstPause = 2_000;
const lastPause = 60_000;

/** Performs one run after the other until the signal is aborted, and gives back the one that it has then. It never throws. */
export async function work(working: Working): Promise<void> {
  const { store, timings, name, signal, report, idle } = working;
  let engineLost = 0;
  while (!signal.aborted) {
    try {
      const claim = await store.claim(name, timings.lease);
      if (claim === undefined) {
        await idle(poll);
        continue;
      }
      report.claimed(claim);
      const performed = await perform(claim, working);
      report.performed(claim, performed);
      engineLost = performed.engineAway ? engineLost + 1 : 0;
      if (engineLost > 0) await delay(Math.min(firstPause * 2 ** (engineLost - 1), lastPause), undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      report.failed(asFairleadError(error));
      await idle(poll);
    }
  }
}

/** Takes runs from workers that are gone, and deletes what is old, now and then until the signal is aborted. */
export async function maintain({ store, timings, report, signal }: Working, retentionMilliseconds: number): Promise<void> {
  let pruned = -pruneEvery;
  const machine = thisMachine();
  while (!signal.aborted) {
    try {
      await store.reap((holder) => isGone(holder, machine));
      if (performance.now() - pruned > pruneEvery) {
        await store.prune(retentionMilliseconds);
        pruned = performance.now();
      }
    } catch (error) {
      report.failed(asFairleadError(error));
    }
    await delay(Math.min(poll, timings.lease / 2), undefined, { signal }).catch(() => undefined);
  }
}

const pruneEvery = 3_600_000;
