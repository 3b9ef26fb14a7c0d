import { asFairleadError } from "../../src/core/errors.ts";
import type { Claim, Store } from "../store.ts";
import { heldUntil, monotonic } from "../run/lifeline.ts";
import type { RunProcess } from "./spawn-run.ts";

/** Times by which a worker watches a run, in milliseconds. */
export interface WorkerTimings {
  /** A worker holds a run for so long after each heartbeat. */
  readonly lease: number;
  /** A run that has said nothing for so long hangs, and is ended. */
  readonly stallTimeout: number;
  /** A run that is stopped has so long to end an effect that is under way. */
  readonly grace: number;
}

/** The reason for stopping a run. `lost`: it is another worker's by now, or might be. */
export type StopReason = "canceled" | "given-back" | "too-late" | "stalled" | "lost";

/** A watch over one run. */
export interface Watch extends Disposable {
  /** Returns the reason for which the run was stopped, if it was. */
  reason(): StopReason | undefined;
  stop(reason: StopReason): void;
}

/** Heartbeats in a lease: a run's process ends itself after half a lease without one, and a busy machine may keep one waiting. */
const beats = 5;

/**
 * Prolongs the lease of a run five times as often as it would end, and stops the run when it is canceled, takes too long, hangs, is to be given
 * back, or is no longer ours. A worker does nothing else, so that nothing keeps it from its heartbeat.
 */
export function watch(claim: Claim, run: RunProcess, store: Store, timings: WorkerTimings, signal: AbortSignal): Watch {
  let why: StopReason | undefined;
  let held = monotonic();
  let force: NodeJS.Timeout | undefined;
  const stop = (reason: StopReason): void => {
    if (why === undefined || reason === "lost") why = reason;
    if (reason === "lost" || reason === "stalled") return run.kill();
    run.stop();
    force ??= setTimeout(run.kill, timings.grace);
  };
  const beat = async (): Promise<void> => {
    const now = monotonic();
    if (performance.now() - run.lastHeard() > timings.stallTimeout) stop("stalled");
    try {
      const { canceled } = await store.heartbeat(claim, timings.lease);
      held = Math.max(held, now);
      run.hold(heldUntil(now, held, timings.lease));
      if (canceled) stop("canceled");
    } catch (error) {
      // a store that cannot be reached may have given the run to another once the lease is over
      if (asFairleadError(error).code !== "unavailable" || monotonic() - held > timings.lease) stop("lost");
      else run.hold(heldUntil(now, held, timings.lease));
    }
  };
  const timers = [setInterval(() => void beat(), timings.lease / beats), setTimeout(() => stop("too-late"), claim.timeoutMilliseconds)];
  const giveBack = (): void => stop("given-back");
  signal.addEventListener("abort", giveBack, { once: true });
  if (signal.aborted) giveBack();
  return {
    reason: () => why,
    stop,
    [Symbol.dispose]() {
      for (const timer of [...timers, force]) clearTimeout(timer);
      signal.removeEventListener("abort", giveBack);
    },
  };
}
