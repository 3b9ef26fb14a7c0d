import { FairleadError } from "../core/errors.ts";
import type { Io } from "./io.ts";

const interrupted = 130;

/**
 * Calls `work` with a signal that the first Ctrl-C, SIGTERM or SIGHUP aborts, and tells `notice`.
 * The second one ends the process at once with 130. Whatever `work` throws after an abort becomes `canceled`.
 * `work` may handle SIGHUP itself, as a service does: that has its own log, so there is no notice.
 */
export async function withStop<T>(
  io: Io,
  notice: (text: string) => void,
  work: (signal: AbortSignal, onHangup: (listener: () => void) => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  let hangup: (() => void) | undefined;
  const forget = io.onStop((name) => {
    if (name === "SIGHUP" && hangup !== undefined) return hangup();
    if (signal.aborted) return io.exit(interrupted);
    if (hangup === undefined) notice("stopping: letting the current step end (press Ctrl-C again to quit at once)");
    controller.abort(new FairleadError("canceled", `stopped by ${name}`, { hint: "run it again: finished steps are not repeated" }));
  });
  try {
    return await work(signal, (listener) => (hangup = listener));
  } catch (error) {
    // one line for the whole run: each step reports its own end
    throw signal.aborted ? (signal.reason as Error) : error;
  } finally {
    forget();
  }
}
