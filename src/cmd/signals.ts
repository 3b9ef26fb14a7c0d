import { FairleadError } from "../core/errors.ts";
import type { Io } from "./io.ts";

const interrupted = 130;

/**
 * Calls `work` with a signal that the first Ctrl-C (or SIGTERM, SIGHUP) aborts, which `notice` is told; the second ends the
 * process at once with 130. Whatever `work` throws after that, it was stopped by the signal: `canceled`. `work` may take SIGHUP for itself, as
 * a service does: that has a log of its own, and nothing is noticed beside it.
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
    controller.abort(new FairleadError("canceled", `stopped by ${name}`, { hint: "run it again: what is done already is not done twice" }));
  });
  try {
    return await work(signal, (listener) => (hangup = listener));
  } catch (error) {
    // one line, whatever was under way: what became of a step is told by its own
    throw signal.aborted ? (signal.reason as Error) : error;
  } finally {
    forget();
  }
}
