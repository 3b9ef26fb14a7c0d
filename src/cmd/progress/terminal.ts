import type { Line } from "../../core/text/line.ts";
import { transferText, type TransferEntry } from "../../core/run/report.ts";
import type { Io } from "../io.ts";
import { formatDuration } from "../style.ts";
import { liveRegion } from "./live-region.ts";
import { instructionLines } from "./instruction-lines.ts";
import { transferLine } from "./lines.ts";
import { createReporter, type EndedStep, type Reporter } from "./reporter.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/** Returns a reporter for a terminal: running steps are a live list with elapsed times; ended steps stay above it. */
export function terminalReporter(io: Pick<Io, "stderr" | "now" | "onExit" | "env">, verbose: boolean): Reporter {
  const running = new Map<number, { readonly label: string; readonly since: number }>();
  const transfers = new Map<string, TransferEntry>();
  const build = instructionLines();
  const region = liveRegion(io, (tick) => [
    ...[...running.values()].map(({ label, since }) => ({
      text: `${frames[tick % frames.length]} ${label}`,
      end: ` (${formatDuration(io.now() - since)})`,
    })),
    ...[...transfers].map(([to, entry]) => ({ text: `  ${entry.doing} to ${to}: `, end: transferText(entry) })),
    ...build.lines(),
  ]);
  return createReporter(io.now, {
    started(id, label) {
      running.set(id, { label, since: io.now() });
      region.open();
    },
    ended(step) {
      running.delete(step.id);
      build.clear();
      transfers.clear();
      // the plan of a dry run is on stdout and says more
      region.keep(step.outcome === "planned" ? undefined : endedLine(step));
      if (running.size === 0) region.close();
    },
    warning: (message) => region.keep([{ style: "yellow", text: "warning:" }, ` ${message}`]),
    log(line) {
      if (verbose) region.keep([{ style: "dim", text: `  | ${line}` }]);
    },
    transfer(entry) {
      transfers.set(entry.to, entry);
      if (!entry.ended) return;
      transfers.delete(entry.to);
      region.keep([{ style: "dim", text: `  ${transferLine(entry)}` }]);
    },
    instruction: (entry) => void (!verbose && build.follow(entry)), // the engine's log has it too
    notice: (text) => region.keep(text),
    close() {
      region.close();
      return undefined;
    },
  });
}

function endedLine({ label, outcome, time }: EndedStep): Line {
  if (outcome === "failed" || outcome === "stopped") return [{ style: "red", text: "✗" }, ` ${label} ${outcome} (${time})`];
  if (outcome === "unchanged") return [{ style: "dim", text: `= ${label} unchanged` }];
  return [{ style: "green", text: "✓" }, ` ${label} (${time})`];
}
