import { stripVTControlCharacters } from "node:util";
import { stepLabel, transferText, type ReportEntry } from "../../src/core/run/report.ts";

/** Returns what the log of a run says of an entry, or undefined where it says nothing. */
export function formatEntry(entry: ReportEntry): string | undefined {
  switch (entry.type) {
    case "run-started":
      return `run ${entry.pipeline}`;
    case "step-started":
      return stepLabel(entry.step, entry.key);
    case "step-planned":
      return entry.changes.map(({ action, target }) => `  ${action} ${target}`).join("\n") || undefined;
    case "step-finished":
      return `${entry.step}: ${entry.changed ? "done" : "unchanged"}`;
    case "step-failed":
      return `${entry.step}: ${entry.message}`;
    case "warning":
      return `warning: ${entry.message}`;
    case "notice":
      return entry.message;
    case "instruction-started":
      return `  | ${entry.instruction}`;
    case "instruction-printed":
      return `  | ${stripVTControlCharacters(entry.line)}`;
    case "transfer":
      return entry.ended ? `  ${entry.doing} to ${entry.to}: ${transferText(entry)}` : undefined;
    case "instruction-ended":
    case "engine":
    case "source":
    case "log":
      return undefined;
  }
}
