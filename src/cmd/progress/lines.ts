import type { Io } from "../io.ts";
import { createReporter, type EndedStep, type Reporter } from "./reporter.ts";

/** Returns a reporter for a pipe or a log: a plain line for each thing that happens. With `verbose`, the engine's log too. */
export function linesReporter({ stderr, now }: Pick<Io, "stderr" | "now">, verbose: boolean): Reporter {
  const say = (line: string): void => void stderr.write(`${line}\n`);
  return createReporter(now, {
    started: (_, label) => say(`${label}: started`),
    ended: (step) => say(endedLine(step)),
    warning: (message) => say(`warning: ${message}`),
    log: (line) => verbose && say(`  | ${line}`),
    notice: say,
    close: () => undefined,
  });
}

/** Returns the line that tells the end of a step, in words. */
export function endedLine({ label, outcome, time, message }: EndedStep): string {
  return `${label}: ${outcome === "changed" ? "done" : outcome} (${time})${message === "" ? "" : `: ${message}`}`;
}
