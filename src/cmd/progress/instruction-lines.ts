import type { InstructionEntry } from "../../core/run/report.ts";
import type { LiveLine } from "./live-region.ts";

/** The instructions of Dockerfiles that are running, as lines of a terminal. */
export interface InstructionLines {
  follow(entry: InstructionEntry): void;
  /** Forgets all: the step that ran them has ended. */
  clear(): void;
  lines(): readonly LiveLine[];
}

/** The most lines of output that are shown, of all running instructions together. */
const tailLines = 4;

/** Returns the lines of no instruction yet. Each is shown with its last lines of output until it ends. */
export function instructionLines(): InstructionLines {
  const running = new Map<number, { readonly instruction: string; tail: readonly string[] }>();
  return {
    follow(entry) {
      const known = running.get(entry.id);
      if (entry.type === "instruction-started") running.set(entry.id, { instruction: entry.instruction, tail: [] });
      else if (entry.type === "instruction-ended") running.delete(entry.id);
      else if (known !== undefined) known.tail = [...known.tail, entry.line].slice(-tailLines);
    },
    clear: () => running.clear(),
    lines() {
      const each = Math.max(1, Math.floor(tailLines / running.size));
      return [...running.values()].flatMap(({ instruction, tail }) => [
        { text: `  ${instruction}` },
        ...tail.slice(-each).map((line) => ({ text: `    ${line}`, style: "dim" as const })),
      ]);
    },
  };
}
