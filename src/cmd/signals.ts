import { FairleadError } from "../core/errors.ts";
import type { Io } from "./io.ts";

const interrupted = 130;

/**
 * Calls `work` with a signal that the first Ctrl-C, SIGTERM or SIGHUP aborts, and tells `notice`.
 * The second one ends the process at once with 130. Whatever `work` throws after an abort becomes `canceled`.
 * A service has no `notice`, as it has its own log. SIGHUP does not stop it, but calls the listener that `work` sets: one that came before is not lost.
 */
export async function withStop<T>(
  io: Io,
  notice: ((text: string) => void) | undefined,
  work: (signal: AbortSignal, onHangup: (listener: () => void) => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const hangup = hangups();
  const forget = io.onStop((name) => {
    if (name === "SIGHUP" && notice === undefined) return hangup.call();
    if (signal.aborted) return io.exit(interrupted);
    notice?.("stopping (press Ctrl-C again to quit at once)");
    controller.abort(new FairleadError("canceled", `stopped by ${name}`, { hint: "run it again: finished steps are not repeated" }));
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
