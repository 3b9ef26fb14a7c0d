/** Milliseconds of the clock that all processes of a machine share, and that no change of the time moves. */
export function monotonic(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/**
 * Returns until when a run may go on without another word from its worker, by `monotonic`: half a lease, and no longer than most of the lease that the
 * store has confirmed since `confirmed`. Another worker may have the run only after all of it.
 */
export function heldUntil(now: number, confirmed: number, lease: number): number {
  return Math.min(now + lease / 2, confirmed + lease * 0.9);
}

/** What ends a run's process when nothing is heard of its worker. */
export interface Lifeline {
  /** Prolongs it: a word from the worker. An older word, which has waited in the pipe while this process stood still, prolongs nothing. */
  hold(until: number): void;
  /** Ends the process if it is over. To be called before an effect begins, since a timer may be late. */
  assertHeld(): void;
}

/** Returns a lifeline that calls `end` once when it is over: that must not return to what is under way. */
export function createLifeline(end: () => void): Lifeline {
  let held = 0;
  let timer: NodeJS.Timeout | undefined;
  const assertHeld = (): void => {
    const left = held - monotonic();
    if (left <= 0) return end();
    clearTimeout(timer);
    timer = setTimeout(assertHeld, left).unref();
  };
  return {
    hold(until) {
      held = Math.max(held, until);
      clearTimeout(timer);
      // not at once: a newer word may be behind it in the pipe
      timer = setTimeout(assertHeld, Math.max(0, held - monotonic())).unref();
    },
    assertHeld,
  };
}
