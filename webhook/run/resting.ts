import type { RunOptions } from "../../src/core/run/run-options.ts";
import type { Report } from "../../src/core/run/report.ts";
import type { Wait } from "../../src/core/run/step.ts";
import type { RunEnding } from "./messages.ts";

/** Lets a run rest that waits for something outside, without a process: it is begun again, and its journal says what is done. */
export interface Rest {
  readonly pause: NonNullable<RunOptions["pause"]>;
  /** Sees what the run does. */
  readonly watch: Report;
  /** Fulfilled when all that the run still does is to wait. */
  readonly begun: Promise<Extract<RunEnding, { state: "waiting" }>>;
}

/** Milliseconds: a look that an event does not bring forward costs a process, so it is not taken as often as by somebody at a terminal. */
const shortestRest = 30_000;

/** Returns what lets one run rest. */
export function createRest(now: () => number): Rest {
  const begun = Promise.withResolvers<Extract<RunEnding, { state: "waiting" }>>();
  const waiting: { readonly wait: Wait; readonly milliseconds: number }[] = [];
  let active = 0;
  const settle = (): void => {
    const [first] = waiting;
    // a step beside it that is not waiting is not broken off
    if (first === undefined || active > waiting.length) return;
    const { for: what, wakeOn, until, lookAfter = shortestRest } = first.wait;
    const left = Math.max(0, until.getTime() - now());
    const untilMilliseconds = Math.min(left, Math.max(shortestRest, lookAfter, first.milliseconds));
    begun.resolve({ state: "waiting", for: what, wakeOn, untilMilliseconds });
  };
  return {
    pause(wait, milliseconds) {
      waiting.push({ wait, milliseconds });
      settle();
      return new Promise(() => undefined);
    },
    watch({ type }) {
      if (type === "step-started") active += 1;
      if (type === "step-finished" || type === "step-failed") active -= 1;
      settle();
    },
    begun: begun.promise,
  };
}
