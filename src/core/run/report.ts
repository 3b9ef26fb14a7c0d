import type { Change } from "./change.ts";
import type { ErrorCode } from "../errors.ts";
import type { Json } from "../json.ts";

/** One event of a run. Each reporter shows it in its own way. */
export type ReportEntry =
  | { readonly type: "run-started"; readonly pipeline: string; readonly dryRun: boolean }
  | { readonly type: "step-started"; readonly id: number; readonly step: string; readonly key: string }
  | {
      readonly type: "step-planned";
      readonly id: number;
      readonly step: string;
      readonly changes: readonly Change[];
      readonly diff?: string;
    }
  | { readonly type: "step-finished"; readonly id: number; readonly step: string; readonly changed: boolean; readonly result: Json }
  | { readonly type: "step-failed"; readonly id: number; readonly step: string; readonly code: ErrorCode; readonly message: string }
  | { readonly type: "warning"; readonly message: string }
  /** Slow work, or a wait, for people who watch. */
  | { readonly type: "notice"; readonly message: string }
  /** The first connection to the engine in this run was made, or failed. */
  | { readonly type: "engine"; readonly connected: boolean }
  | InstructionEntry
  /** A line of the engine's log, which has the lines of instructions too. There are many. */
  | { readonly type: "log"; readonly line: string };

/** The build of a Dockerfile: an instruction such as `[2/5] RUN npm ci` begins, prints a line, or ends. Each has its own `id` within a run. */
export type InstructionEntry =
  | { readonly type: "instruction-started"; readonly id: number; readonly instruction: string }
  | { readonly type: "instruction-printed"; readonly id: number; readonly line: string }
  | { readonly type: "instruction-ended"; readonly id: number; readonly outcome: "done" | "cached" | "failed" };

/** Receives the events of a run. It never throws and never waits. */
export type Report = (entry: ReportEntry) => void;

/** Returns the label of a step: its name and key. Hashes are shortened as Git does. */
export function stepLabel(step: string, key: string): string {
  return `${step} ${key}`.replace(/\b[0-9a-f]{40,64}\b/g, (hash) => hash.slice(0, 12)).trimEnd();
}
