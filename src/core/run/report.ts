import type { Change } from "./change.ts";
import type { Json } from "../json.ts";

/** One thing that happened in a run, in our words: each reporter shows it in its own way. */
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
  | { readonly type: "step-failed"; readonly id: number; readonly step: string; readonly message: string }
  | { readonly type: "warning"; readonly message: string }
  /** What takes long, or what it waits for, for whoever looks on. */
  | { readonly type: "notice"; readonly message: string }
  /** The engine was asked for, for the first time in this run, and has answered or not. */
  | { readonly type: "engine"; readonly connected: boolean }
  /** A line of the engine's own, of which there are many. */
  | { readonly type: "log"; readonly line: string };

/** Takes what happens in a run. It never throws and never waits. */
export type Report = (entry: ReportEntry) => void;

/** Returns what a step is called on a line: its name and key. Hashes are cut as Git cuts them. */
export function stepLabel(step: string, key: string): string {
  return `${step} ${key}`.replace(/\b[0-9a-f]{40,64}\b/g, (hash) => hash.slice(0, 12)).trimEnd();
}
