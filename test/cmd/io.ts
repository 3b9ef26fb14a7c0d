import type { Io } from "../../src/cmd/io.ts";

/** A process for one call of `main`: its output, and the switches of the outside world. */
export interface TestIo {
  readonly io: Io;
  stdout(): string;
  stderr(): string;
  /** Presses Ctrl-C. */
  interrupt(): void;
  /** Advances the clock. */
  pass(milliseconds: number): void;
  readonly exits: readonly number[];
}

/** The settings of a test's process. */
export interface TestIoOptions {
  readonly env?: Io["env"];
  readonly stdin?: string;
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

/** Returns a process whose streams are texts and whose clock stands still. */
export function testIo({ env = {}, stdin = "", terminal }: TestIoOptions = {}): TestIo {
  const printed = { stdout: "", stderr: "" };
  const stoppers = new Set<(signal: string) => void>();
  const exits: number[] = [];
  let clock = 0;
  const stream = (name: "stdout" | "stderr"): Io["stdout"] => ({
    write: (text) => (printed[name] += text),
    ...(terminal === undefined ? {} : { isTTY: true, ...terminal }),
  });
  const io: Io = {
    stdin: (async function* () {
      await Promise.resolve();
      yield Buffer.from(stdin);
    })(),
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env,
    now: () => clock,
    onStop(listener) {
      stoppers.add(listener);
      return () => stoppers.delete(listener);
    },
    onExit: () => () => undefined,
    exit: (code) => void exits.push(code),
  };
  return {
    io,
    exits,
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    interrupt: () => [...stoppers].forEach((stop) => stop("SIGINT")),
    pass: (milliseconds) => (clock += milliseconds),
  };
}
