import { setTimeout as delay } from "node:timers/promises";
import type { Output, Session } from "../../src/cmd/command.ts";
import type { Flag } from "../../src/cmd/flag.ts";
import { printerTo } from "../../src/cmd/print.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Text } from "../../src/core/text/line.ts";

/** Milliseconds between two looks at the store: it tells nobody of what other processes write. */
const pause = 500;

/** `runs log --follow`. */
export const followFlag: Flag = {
  name: "follow",
  short: "f",
  kind: "boolean",
  sentence: "print each line as it comes, until the run has ended",
  required: false,
};

/** `runs list --watch`. */
export const watchFlag: Flag = {
  name: "watch",
  kind: "boolean",
  sentence: "print each run again when something of it changes, until Ctrl-C",
  required: false,
};

/** Prints lines to stdout while a command goes on. */
export function printerOf({ io }: Pick<Session, "io">): (text: Text) => void {
  const printer = printerTo(io.stdout, io.env);
  return (text) => printer.lines(text);
}

/**
 * Looks again and again until `look` says that it was the last time, the command is stopped, or nobody reads what it prints. Returns the failure of a
 * command that was stopped: it is the user's own wish, of which nothing has to be said.
 */
export async function lookUntil({ signal, io }: Pick<Session, "signal" | "io">, look: () => Promise<boolean>): Promise<Partial<Output>> {
  while (!signal.aborted && io.isUnread?.() !== true) {
    if (await look()) return {};
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
  return signal.aborted ? { failure: new FairleadError("canceled", "it was stopped"), tellsFailure: true } : {};
}
