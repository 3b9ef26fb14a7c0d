import { stripVTControlCharacters } from "node:util";
import type { FairleadError } from "../../core/errors.ts";
import { stepLabel, type InstructionEntry, type Report, type ReportEntry, type TransferEntry } from "../../core/run/report.ts";
import type { Change } from "../../core/run/change.ts";
import type { Output } from "../command.ts";
import { formatDuration } from "../style.ts";

/** Shows progress on stderr while a command runs. */
export interface Reporter {
  readonly report: Report;
  /** Shows a message that belongs to no entry of a run. */
  readonly notice: (text: string) => void;
  /**
   * Ends the output: nothing is shown after it. `output` is undefined when the command failed, with the message `failed`, which is printed after it.
   * Returns why the outputs of a job cannot be written, if so: what was done is done, and its result is shown all the same.
   */
  end(output: Ended | undefined, failed?: string): FairleadError | undefined;
}

/** The output of a command that has ended. */
export type Ended = Pick<Output, "json" | "outputs">;

/** A step that has ended. */
export interface EndedStep {
  readonly id: number;
  readonly label: string;
  readonly outcome: "changed" | "unchanged" | "planned" | "failed" | "stopped";
  /** The duration in words. */
  readonly time: string;
  /** The error message of a failed step; empty otherwise. A view need not show it: it is printed once at the end. */
  readonly message: string;
}

/** The output of one kind of reporter: one method per event. */
export interface ProgressView {
  started(id: number, label: string): void;
  planned?(id: number, changes: readonly Change[]): void;
  ended(step: EndedStep): void;
  warning(message: string): void;
  /** What the build of a Dockerfile does. */
  instruction?(entry: InstructionEntry): void;
  /** How far a copy is. */
  transfer?(entry: TransferEntry): void;
  /** A line of the engine's log, without terminal codes. */
  log(line: string): void;
  notice(text: string): void;
  /** Returns why the outputs of a run cannot be written, if so. */
  close(output: Ended | undefined): FairleadError | undefined;
}

/** Returns what a line shows at last, without terminal codes: some programs draw over it. */
function lastOf(line: string): string {
  return stripVTControlCharacters(line).replace(/\r$/, "").split("\r").at(-1) ?? "";
}

const nothingToDo = "nothing to do: everything is as it should be already";
/** A warning may say what is not as it should be, and is left so. */
const nothingDone = "nothing was changed: see the warnings";

/** Returns a reporter that tracks steps (names, times, changes) and passes each event to a view. */
export function createReporter(now: () => number, view: ProgressView): Reporter {
  const running = new Map<number, { readonly label: string; readonly since: number }>();
  let dryRun = false;
  let warned = false;
  const warnings = new Set<string>();
  const outcomes: EndedStep["outcome"][] = [];
  /** Steps whose error nothing has told yet: mostly it is that of the run, which is printed at the end, or becomes a warning. */
  const untold: EndedStep[] = [];
  const end = (id: number, outcome: EndedStep["outcome"], message = ""): void => {
    const { label, since } = running.get(id) ?? { label: `step ${id}`, since: now() };
    running.delete(id);
    outcomes.push(outcome);
    const step = { id, label, outcome, time: formatDuration(now() - since), message };
    if (outcome === "failed") untold.push(step);
    view.ended(step);
  };
  const report = (entry: ReportEntry): void => {
    switch (entry.type) {
      case "run-started":
        dryRun = entry.dryRun;
        return;
      case "step-started":
        running.set(entry.id, { label: stepLabel(entry.step, entry.key), since: now() });
        return view.started(entry.id, stepLabel(entry.step, entry.key));
      case "step-planned":
        return view.planned?.(entry.id, entry.changes);
      case "step-finished":
        return end(entry.id, entry.changed ? (dryRun ? "planned" : "changed") : "unchanged");
      case "step-failed":
        return end(entry.id, entry.code === "canceled" ? "stopped" : "failed", entry.message);
      case "warning":
        warnings.add(entry.message);
        warned ||= running.size + outcomes.length > 0; // of a step: others say nothing of what is left so
        return view.warning(entry.message);
      case "notice":
        return view.notice(entry.message);
      case "engine":
      case "source":
        return; // the steps or the error after it show it
      case "instruction-printed":
        return view.instruction?.({ ...entry, line: lastOf(entry.line) });
      case "instruction-started":
      case "instruction-ended":
        return view.instruction?.(entry);
      case "transfer":
        return view.transfer?.(entry);
      case "log":
        return view.log(lastOf(entry.line));
    }
  };
  return {
    report,
    notice: (text) => view.notice(text),
    end(output, failed) {
      const others = untold.filter(({ message }) => message !== failed && !warnings.has(message));
      for (const { label, message } of others) view.notice(`${label}: ${message}`);
      if (output !== undefined && !dryRun && outcomes.length > 0 && outcomes.every((each) => each === "unchanged"))
        view.notice(warned ? nothingDone : nothingToDo);
      return view.close(output);
    },
  };
}
