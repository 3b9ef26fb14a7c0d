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
  /** The commit of `github.com/acme/app` that is going to be built is known. */
  | { readonly type: "source"; readonly repository: string; readonly commit: string }
  /** The first connection to the engine in this run was made, or failed. */
  | { readonly type: "engine"; readonly connected: boolean }
  | InstructionEntry
  | TransferEntry
  /** A line of the engine's log, which has the lines of instructions too. There are many. */
  | { readonly type: "log"; readonly line: string };

/** The build of a Dockerfile: an instruction such as `[2/5] RUN npm ci` begins, prints a line, or ends. Each has its own `id` within a run. */
export type InstructionEntry =
  | { readonly type: "instruction-started"; readonly id: number; readonly instruction: string }
  | { readonly type: "instruction-printed"; readonly id: number; readonly line: string }
  | { readonly type: "instruction-ended"; readonly id: number; readonly outcome: "done" | "cached" | "failed" };

/** How far the copy or the push of an image is: what it is made of, as far as that is known, and how much of it the other end has. */
export interface TransferEntry extends Transferred {
  readonly type: "transfer";
  /** A push is told of at its end alone: the engine does not say how far it is. */
  readonly doing: "copy" | "push";
  /** Where it goes: `ghcr.io/acme/app`. */
  readonly to: string;
  readonly ended: boolean;
}

/** Numbers of layers, and bytes of them and of configurations. */
export interface Transferred {
  readonly layers: number;
  readonly ofLayers: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

/** Returns how far a transfer is, in words: `2 of 5 layers, 310 of 700.0 MB`. */
export function transferText({ layers, ofLayers, bytes, ofBytes }: Transferred): string {
  const [unit, size] = units.find(([, least]) => ofBytes >= least) ?? (["B", 1] as const);
  const count = (value: number): string => (value / size).toFixed(size === 1 ? 0 : 1);
  if (layers === ofLayers && bytes === ofBytes) return `${layers} ${layers === 1 ? "layer" : "layers"}, ${count(bytes)} ${unit}`;
  return `${layers} of ${ofLayers} layers, ${count(bytes)} of ${count(ofBytes)} ${unit}`;
}

const units = [
  ["GB", 1e9],
  ["MB", 1e6],
  ["kB", 1e3],
] as const;

/** Receives the events of a run. It never throws and never waits. */
export type Report = (entry: ReportEntry) => void;

/** Returns the label of a step: its name and key. Hashes are shortened as Git does. */
export function stepLabel(step: string, key: string): string {
  return `${step} ${key}`.replace(/\b[0-9a-f]{40,64}\b/g, (hash) => hash.slice(0, 12)).trimEnd();
}
