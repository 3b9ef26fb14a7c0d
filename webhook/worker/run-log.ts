import type { Redactor } from "../../src/core/secret.ts";
import type { Claim, LogLine, Store } from "../store.ts";

/** The log of a run. A line that cannot be stored is lost: a log is no reason to stop a run. */
export interface RunLog {
  add(text: string): void;
  /** Stores what waits. */
  flush(): Promise<void>;
}

/** Lines of one attempt: a build may print without end. */
const mostLines = 10_000;
/** Milliseconds that lines wait for others: each time is a write to the disk. */
const pause = 500;

/** Returns the log of a claimed run, whose lines are stored some at a time, without the secrets that the redactor knows. */
export function createRunLog(store: Store, claim: Claim, redactor: Redactor): RunLog {
  let waiting: LogLine[] = [];
  let left = mostLines;
  let timer: NodeJS.Timeout | undefined;
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const lines = waiting;
    waiting = [];
    if (lines.length > 0) await store.log(claim, lines).catch(() => undefined);
  };
  return {
    add(text) {
      const lines = redactor.redact(text).split("\n").slice(0, left);
      left -= lines.length;
      waiting.push(...lines.map((line) => ({ at: new Date(), text: line })));
      if (left === 0 && lines.length > 0) waiting.push({ at: new Date(), text: `… the rest of more than ${mostLines} lines is not kept` });
      timer ??= setTimeout(() => void flush(), pause);
    },
    flush,
  };
}
