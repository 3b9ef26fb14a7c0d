import type { InstructionEntry } from "../../core/run/report.ts";

/** The time that Dagger's plain progress says at the end of a line, such as `[2.8s]` and `[1m3.0s]`. */
const ended = / (DONE|CACHED|ERROR|CANCELED) \[[\dhms.]+\]$/;
const outcomes: Readonly<Record<string, "done" | "cached">> = { DONE: "done", CACHED: "cached" };

/**
 * Returns a reader of Dagger's plain progress, which tells of the instructions of a Dockerfile and what they print. All else is the engine's own
 * work. A line is `12 : ┆ [build 2/5] RUN npm ci`, then `12 : ┆ [0.1s] | added 5 packages`, then the first once more with `DONE [0.3s]`;
 * lines of several instructions mix, and each begins again with its first line.
 */
export function followInstructions(tell: (entry: InstructionEntry) => void): (line: string) => void {
  const running = new Map<number, boolean>();
  return (line) => {
    const [, number = "", text = ""] = /^(\d+) *: (?:┆ )*(.*)$/.exec(line) ?? [];
    const id = Number(number);
    const begins = !running.has(id) && /^\[(?:[^\]]* )?\d+\/\d+\] [A-Z]/.test(text);
    if (begins) {
      running.set(id, true);
      tell({ type: "instruction-started", id, instruction: text.replace(ended, "").replace(/\s+/g, " ") });
    }
    const [, printed] = /^\[[\dhms.]+\] \| (.*)$/.exec(text) ?? [];
    if (printed !== undefined && running.has(id)) tell({ type: "instruction-printed", id, line: printed });
    const [, how = ""] = printed === undefined ? (ended.exec(text) ?? []) : [];
    if (how === "" || running.get(id) !== true) return;
    running.set(id, false);
    tell({ type: "instruction-ended", id, outcome: outcomes[how] ?? "failed" });
  };
}
