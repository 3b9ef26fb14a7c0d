import { createInterface } from "node:readline";
import { PassThrough, type Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";

/** The engine's output in Dagger's plain progress format. Nothing else has the output of a Dockerfile's `RUN`. */
export interface BuildLog {
  /** The stream that the progress is written to. */
  readonly stream: Writable;
  /** Returns the last lines, without colours. */
  tail(count: number): readonly string[];
  /**
   * Returns the output of the command that failed with this message, at most its last 20 lines.
   * Lines of stdout are in order, and so are those of stderr. The engine reads two pipes, so the order between them is
   * lost.
   * The progress arrives about 100 ms after the answer to a query, so it is waited for. If it does not come, the list
   * is empty.
   */
  outputOf(message: string): Promise<readonly string[]>;
}

/**
 * Returns a log that keeps the last `limit` lines, and passes each non-empty one to `print` as it comes.
 * `patience`: how long to wait for a command's output, in milliseconds.
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

/**
 * A line is `12 : ┆ ┆ [0.1s] | printed` or `12 : ┆ ┆ ! error`. Each command has a number; lines of several commands
 * mix.
 */
function findOutput(lines: readonly string[], message: string): readonly string[] | undefined {
  const parsed = lines.map((line) => /^(\d+) *: (?:┆ )*(?:! (?<error>.*)|\[[^\]]*\] \| (?<printed>.*))$/.exec(line));
  const failed = parsed.findLast((found) => found?.groups?.error === message.split("\n")[0]);
  if (failed == null) return undefined;
  return parsed.flatMap((found) => (found?.[1] === failed[1] ? (found?.groups?.printed ?? []) : [])).slice(-20);
}

export function withoutTrace(text: string): string {
  const from = text.indexOf("[traceparent:");
  const to = from < 0 ? -1 : text.indexOf("]", from);
  return to < 0 ? text : `${text.slice(0, from).trimEnd()}${text.slice(to + 1)}`;
}
