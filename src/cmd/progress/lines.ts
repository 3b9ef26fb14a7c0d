import { transferText, type TransferEntry } from "../../core/run/report.ts";
import type { Io } from "../io.ts";
import { printerTo } from "../print.ts";
import { createReporter, type EndedStep, type Reporter } from "./reporter.ts";

/** Returns a reporter for a pipe or a log: one plain line per event. With `verbose`, the engine's log is included. */
export function linesReporter({ stderr, now, env }: Pick<Io, "stderr" | "now" | "env">, verbose: boolean): Reporter {
  const printer = printerTo(stderr, env);
  const say = (line: string): void => printer.lines([line]);
  return createReporter(now, {
    started: (_, label) => say(`${label}: started`),
    ended: (step) => say(endedLine(step)),
    warning: (message) => say(`warning: ${message}`),
    instruction(entry) {
      if (verbose) return; // the engine's log has it too
      if (entry.type === "instruction-started") say(`  ${entry.instruction}`);
      else if (entry.type === "instruction-printed") say(`    ${entry.line}`);
    },
    transfer: (entry) => entry.ended && say(transferLine(entry)),
    log: (line) => verbose && say(`  | ${line}`),
    notice: say,
    close: () => undefined,
  });
}

/** Returns the line for a copy, or what is done of it. */
export function transferLine(entry: TransferEntry): string {
  return `${entry.doing} to ${entry.to}: ${transferText(entry)}`;
}

/** Returns the line for the end of a step. */
export function endedLine({ label, outcome, time }: EndedStep): string {
  return `${label}: ${outcome === "changed" ? "done" : outcome} (${time})`;
}
