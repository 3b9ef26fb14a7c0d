import { pino, type Logger } from "pino";
import { visibleJson } from "../src/core/text/visible.ts";

/**
 * Returns the log of a process of the listener: a line of JSON on stderr for each entry, with the fields of `base` in each. What others wrote is in it
 * without any character that a terminal obeys. Nothing else in the listener writes there.
 */
export function createLog(base: Readonly<Record<string, string>> | null): Logger {
  const stderr = pino.destination({ fd: 2, sync: true });
  return pino({ base: base && { ...base } }, { write: (line) => void stderr.write(visibleJson(line)) });
}
