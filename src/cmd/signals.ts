import { FairleadError } from "../core/errors.ts";
import type { Io } from "./io.ts";

const interrupted = 130;

/** What is said of a stop. */
export interface Stopping {
  /** Tells the first signal. A service has none, as it has its own log. */
  readonly notice: ((text: string) => void) | undefined;
  /** True where the next call finds what this one has finished: only then it is said. */
  readonly keepsSteps: boolean;
}

/**
 * Calls `work` with a signal that the first Ctrl-C, SIGTERM or SIGHUP aborts, and tells.
 * The second one ends the process at once with 130. Whatever `work` throws after an abort becomes `canceled`.
 * SIGHUP does not stop a service, but calls the listener that `work` sets: one that came before is not lost.
 */
export async function withStop<T>(
  io: Io,
  { notice, keepsSteps }: Stopping,
  work: (signal: AbortSignal, onHangup: (listener: () => void) => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const hint = keepsSteps ? "run it again: finished steps are not repeated" : "run it again";
  const hangup = hangups();
  const forget = io.onStop((name) => {
    if (name === "SIGHUP" && notice === undefined) return hangup.call();
    if (signal.aborted) return io.exit(interrupted);
    notice?.("stopping (press Ctrl-C again to quit at once)");
    controller.abort(new FairleadError("canceled", `stopped by ${name}`, { hint }));
  });
  try {
    return await work(signal, hangup.listen);
  } catch (error) {
    // one line for the whole run: each step reports its own end
    throw signal.aborted ? (signal.reason as Error) : error;
  } finally {
    forget();
  }
}

function hangups(): { readonly call: () => void; readonly listen: (listener: () => void) => void } {
  let missed = false;
  let listener: (() => void) | undefined;
  return {
    call() {
      missed = listener === undefined;
      listener?.();
    },
    listen(given) {
      listener = given;
      if (missed) given();
    },
  };
}
