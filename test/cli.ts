import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** The result of a run of the command line. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables that name the engine, and none that opens anything. */
const inheritedNames = [
  "PATH",
  "HOME",
  "XDG_CACHE_HOME",
  "NODE_COMPILE_CACHE",
  "FAIRLEAD_ENGINE",
  "FAIRLEAD_ENGINE_STATE",
  "FAIRLEAD_ENGINE_PLAIN_HTTP",
  "_EXPERIMENTAL_DAGGER_RUNNER_HOST",
];

/** The command line, for `node`. */
export const bin = fileURLToPath(new URL("../bin/fairlead.ts", import.meta.url));

/** Runs `fairlead` as a person would, with these variables beside the machine's PATH and HOME. */
export function fairlead(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return startFairlead(args, env).ended;
}

/** A program that runs. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Waits until stderr has a text; throws if the program ends without it. */
  printed(wanted: string): Promise<void>;
  /** Waits until stdout has a text; throws if the program ends without it. */
  wrote(wanted: string): Promise<void>;
  /** Returns its stderr so far. */
  readonly said: () => string;
  stop(signal: NodeJS.Signals): void;
}

/** Starts `fairlead`, so that a test can stop or disturb it; in a folder, or in that of the tests. */
export function startFairlead(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Running {
  const inherited = inheritedNames.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd !== undefined && { cwd }),
    env: { ...(Object.fromEntries(inherited) as NodeJS.ProcessEnv), ...env },
  });
  return follow(child);
}

/** Follows a program until it has ended. */
export function follow(child: ChildProcessByStdio<null, Readable, Readable>): Running {
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ended = closed.then((code): Ended => ({ code, stdout, stderr }));
  const seen = (stream: Readable, read: () => string, wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => void (read().includes(wanted) && resolve());
      stream.on("data", look);
      void closed.then((code) => reject(new Error(`it ended with ${code} and never said "${wanted}":\n${stderr}`)));
      look();
    });
  return {
    pid: child.pid ?? 0,
    ended,
    printed: (wanted) => seen(child.stderr, () => stderr, wanted),
    wrote: (wanted) => seen(child.stdout, () => stdout, wanted),
    said: () => stderr,
    stop: (signal) => child.kill(signal),
  };
}
