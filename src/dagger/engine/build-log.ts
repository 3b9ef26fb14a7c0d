import { createInterface } from "node:readline";
import { PassThrough, type Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";

/** What an engine says while it works, as Dagger's plain progress: the only place that has the output of a Dockerfile's `RUN`. */
export interface BuildLog {
  /** Where the progress is written to. */
  readonly stream: Writable;
  /** Returns the last lines, without colours. */
  tail(count: number): readonly string[];
  /**
   * Returns what the command printed that failed with this message, at most its last 20 lines. Those of stdout are in their order, and so are those
   * of stderr; how the two mixed is lost, since the engine reads them from two pipes. The progress comes some 100 ms after the answer to a query: it is
   * waited for, and when it does not come, nothing is returned.
   */
  outputOf(message: string): Promise<readonly string[]>;
}

/**
 * Returns a log that keeps the last `limit` lines. Each that is not empty is handed to `print` as it comes. `patience` is in milliseconds: how long a
 * command's output is waited for.
 */
export function createBuildLog(print: (line: string) => void = () => undefined, limit = 2000, patience = 2000): BuildLog {
  const stream = new PassThrough();
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: stream }).on("line", (coloured) => {
    const line = withoutTrace(stripVTControlCharacters(coloured));
    lines.push(line);
    if (line.trim() !== "") print(line);
    if (lines.length > limit) lines.shift();
    for (const look of waiting) look();
  });
  return {
    stream,
    tail: (count) => lines.slice(-count),
    outputOf: (message) =>
      new Promise((resolve) => {
        const end = (output: readonly string[]): void => {
          clearTimeout(timer);
          waiting.delete(look);
          resolve(output);
        };
        const look = (): void => {
          const output = findOutput(lines, message);
          if (output !== undefined) end(output);
        };
        const timer = setTimeout(() => end([]), patience);
        waiting.add(look);
        look();
      }),
  };
}

/** A line is `12  : ┆ ┆ [0.1s] | printed` or `12  : ┆ ┆ ! error`: each command has a number, and its lines stand among those of others. */
function findOutput(lines: readonly string[], message: string): readonly string[] | undefined {
  const parsed = lines.map((line) => /^(\d+) *: (?:┆ )*(?:! (?<error>.*)|\[[^\]]*\] \| (?<printed>.*))$/.exec(line));
  const failed = parsed.findLast((found) => found?.groups?.error === message.split("\n")[0]);
  if (failed == null) return undefined;
  return parsed.flatMap((found) => (found?.[1] === failed[1] ? (found?.groups?.printed ?? []) : [])).slice(-20);
}

export function withoutTrace(text: string): string {
  return text.replace(/\s*\[traceparent:[^\]]*\]/, "");
}
