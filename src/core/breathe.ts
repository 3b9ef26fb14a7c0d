/**
 * Lets the process do other work for a moment, such as hear a signal. Throws once the run was stopped.
 * Long work calls it every few milliseconds: nothing else can stop what never waits.
 */
export type Breathe = () => Promise<void>;

/** Returns what lets other work go on until the signal is aborted, and then throws its reason. */
export function breatheUntil(signal: AbortSignal): Breathe {
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  };
}

/** For work that nobody stops. */
export const neverStopped: Breathe = () => Promise.resolve();

/** Adds up work, and breathes now and then. */
export type Pace = (work: number) => Promise<void>;

/** Returns a pace that breathes whenever another `share` of the work is done. */
export function paced(breathe: Breathe, share: number): Pace {
  let done = 0;
  return async (work) => {
    done += work;
    if (done < share) return;
    done = 0;
    await breathe();
  };
}
