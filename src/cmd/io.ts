import { delimiter, isAbsolute } from "node:path";
import { format } from "node:util";
import { asFairleadError, consequences } from "../core/errors.ts";
import { linesOf, printerTo } from "./print.ts";
import type { Env, OutputStream } from "./stream.ts";

/** The process as the command line sees it. A test can replace it. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Env;
  /** Tells whether what is written to stdout is lost, as its reader has closed it (default: it never is). */
  readonly isUnread?: () => boolean;
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Calls the listener at each stop signal, until the returned function is called. */
  onStop(listener: (signal: string) => void): () => void;
  /** Calls the listener when the process ends for any reason, until the returned function is called. */
  onExit(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Returns this process. If the reader of stdout closes it (`| head`), the rest is discarded without an error; if
 * it cannot be written, as on a full disk, one line says so, and the exit code is that of `unavailable`. What packages print by themselves, such as
 * an SDK's warning, is printed as all other text is.
 */
export function processIo(): Io {
  let unread = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    unread = true;
    tellUnwritable(error);
  });
  process.stderr.on("error", () => undefined); // there is nowhere left to say it
  // a relative folder may hold what came with a repository
  process.env.PATH = (process.env.PATH ?? "").split(delimiter).filter(isAbsolute).join(delimiter);
  const printer = printerTo(process.stderr, process.env);
  const say = (...parts: readonly unknown[]): void => printer.lines(linesOf(format(...parts)));
  Object.assign(console, { log: say, info: say, warn: say, error: say, debug: say });
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    isUnread: () => unread,
    now: () => performance.now(),
    onStop(listener) {
      for (const name of stopSignals) process.on(name, listener);
      return () => {
        for (const name of stopSignals) process.off(name, listener);
      };
    },
    onExit(listener) {
      process.on("exit", listener);
      return () => process.off("exit", listener);
    },
    exit: (code) => process.exit(code),
  };
}

/** The work goes on, as it may be in the middle of a change: what is lost is its result. */
function tellUnwritable(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  const { message, code } = asFairleadError(error);
  printerTo(process.stderr, process.env).lines([`fairlead: write to stdout: ${message.replace(/^write a file: /, "")}`]);
  process.once("exit", (ended) => (process.exitCode = ended === 0 ? consequences[code].exit : ended));
}
