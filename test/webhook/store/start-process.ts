import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A process that runs until it is killed: at the latest when it is disposed of. */
export interface Process extends AsyncDisposable {
  /** All complete lines that it has said. */
  readonly lines: readonly string[];
  /** Waits until it has said so many lines. Throws when it ends before. */
  said(count: number): Promise<void>;
  /** Kills it with SIGKILL, and waits until it is gone and its lines are read. */
  kill(): Promise<void>;
}

/** Starts a script of this folder. */
export function startProcess(script: string, act: string, at: string): Process {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), act, at], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout }).on("line", (line) => void lines.push(line));
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed;
  };
  return {
    lines,
    said: (count) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (lines.length >= count && resolve());
        reader.on("line", look);
        void closed.then(() => reject(new Error(`${act} ended after ${lines.length} lines`)));
        look();
      }),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
