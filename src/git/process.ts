import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { statfs } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { FairleadError, machineError } from "../core/errors.ts";
import { printedProblem } from "../core/system-error.ts";
import { createExcerpt } from "./excerpt.ts";

/** The options of one `git` process. */
export interface GitCall {
  /** The repository that Git uses: one that we made, never one that came with files. */
  readonly folder: string;
  /** Where Git writes files. Without it, nowhere. */
  readonly workTree?: string;
  /** The whole environment of the process: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Git's settings, beside those that each call has. */
  readonly config?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly input?: string | Uint8Array;
}

/** The result of a process. Git says more by its text than by its exit code, so it has both. Of long errors, the middle is left out. */
export interface GitOutcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/**
 * Git's settings in each call. None of them can be set by a repository: those of the environment win.
 * https://git-scm.com/docs/git-config
 */
const settings: Readonly<Record<string, string>> = {
  "safe.bareRepository": "explicit",
  "http.followRedirects": "false",
  "transfer.bundleURI": "false",
  "fetch.recurseSubmodules": "false",
  "submodule.recurse": "false",
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.attributesFile": "/dev/null",
  "core.commitGraph": "false",
  "core.multiPackIndex": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
  // A pack is kept as it came, in one file, which the limit below counts; a large file of it is not read into memory.
  "fetch.unpackLimit": "1",
  "core.bigFileThreshold": "16m",
};

/** The most that one process may print, the largest file that it may write, and the memory that it may take, in bytes. */
export const most = { output: 64 * 2 ** 20, file: 2 * 2 ** 30, memory: 2 * 2 ** 30 };

/** Milliseconds that a stopped process has to end by itself. */
const patience = 5_000;

/** Runs Git until it ends. Throws `canceled` if it was stopped, `unsupported` if there is no Git, or if it prints too much. */
export async function runGit(args: readonly string[], call: GitCall): Promise<GitOutcome> {
  const { code, bytes, errors } = await run(args, call);
  return { code, errors, output: bytes.toString() };
}

/** Runs Git and returns its output. Throws `internal` if it fails: for commands that only a bug, or a full disk, makes fail. */
export async function git(args: readonly string[], call: GitCall): Promise<string> {
  return (await gitBytes(args, call)).toString();
}

/** Runs Git as `git` does, and returns the bytes that it prints. */
export async function gitBytes(args: readonly string[], call: GitCall): Promise<Buffer> {
  const { code, bytes, errors } = await run(args, call);
  if (code === 0) return bytes;
  const doing = `git ${args[0] ?? ""}`;
  const problem = printedProblem(doing, (await isFull(call.folder)) ? "No space left on device" : errors);
  if (problem !== undefined) throw machineError(problem);
  throw new FairleadError("internal", `${doing}: exit code ${code}`, { output: lastLines(errors) });
}

/** Tells whether the disk of a folder is full. Git does not always say so: it could not write "a configuration file". */
async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize, ffree, files } = await statfs(folder);
  return bavail * bsize < 2 ** 20 || (files > 0 && ffree === 0);
}

/** Returns the last 20 lines of what a command printed, the first 500 letters of each. */
export function lastLines(text: string): readonly string[] {
  const lines = text.trimEnd().split("\n").slice(-20);
  return lines.map((line) => (line.length > 500 ? `${line.slice(0, 500)}…` : line));
}

interface Ended {
  readonly code: number;
  readonly bytes: Buffer;
  readonly errors: string;
}

/** All calls of Git are made here: a lint rule refuses any other. */
async function run(args: readonly string[], call: GitCall): Promise<Ended> {
  const doing = `git ${args[0] ?? ""}`;
  const stopped = (): FairleadError => new FairleadError("canceled", `${doing}: stopped`, { cause: call.signal.reason });
  if (call.signal.aborted) throw stopped();
  const child = start(args, call);
  let forcing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    endGroup(child, "SIGTERM");
    forcing = setTimeout(() => endGroup(child, "SIGKILL"), patience);
  };
  call.signal.addEventListener("abort", stop, { once: true });
  try {
    const ended = await follow(child, call.input, doing);
    if (call.signal.aborted && ended.code !== 0) throw stopped();
    return ended;
  } finally {
    call.signal.removeEventListener("abort", stop);
    clearTimeout(forcing);
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * What the shell does around Git; no argument is part of it. It sets the limits: of a file in blocks of 512 bytes, of memory in KiB. A lower limit
 * of the machine stays. Its watch reads from a pipe whose other end we hold: if we are killed, it kills Git and its transport, which would
 * live on with the token in its environment. Nothing of the end is printed: some shells tell that they killed the watch.
 */
const script = `
ulimit -f ${most.file / 512} 2>/dev/null
ulimit -d ${most.memory / 1024} 2>/dev/null
(read -r _ <&3; kill -KILL 0) </dev/null >/dev/null 2>&1 & watch=$!
git "$@" 3<&-
code=$?
exec 2>/dev/null
kill "$watch"
wait "$watch"
exit "$code"`;

function start(args: readonly string[], { folder, workTree, env, config }: GitCall): Child {
  const given = Object.entries({ ...settings, ...config });
  const numbered = given.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]);
  return spawn("/bin/sh", ["-c", script, "git", ...args], {
    cwd: workTree ?? folder,
    env: {
      ...env,
      GIT_DIR: folder,
      ...(workTree !== undefined && { GIT_WORK_TREE: workTree }),
      GIT_CONFIG_COUNT: String(given.length),
      ...(Object.fromEntries(numbered) as Record<string, string>),
    },
    // In its own session: a terminal's Ctrl-C does not cut off a push that may still end.
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
}

async function follow(child: Child, input: GitCall["input"], doing: string): Promise<Ended> {
  const errors = createExcerpt();
  const printed: Buffer[] = [];
  let size = 0;
  child.stderr.on("data", (chunk: Buffer) => errors.add(chunk));
  child.stdout.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= most.output) printed.push(chunk);
    else endGroup(child, "SIGKILL");
  });
  child.stdin.on("error", () => undefined); // it may end before it has read all: its exit code says so
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  if (size > most.output) throw new FairleadError("unsupported", `${doing}: it prints more than ${most.output / 2 ** 20} MiB`);
  if (code !== 127) return { code: code ?? 128, bytes: Buffer.concat(printed), errors: errors.text() };
  throw new FairleadError("unsupported", "run git: it is not installed", { hint: "install Git 2.39 or newer" });
}

/** Ends a process and all that it started: its transport would live on, with the token in its environment. */
function endGroup({ pid }: Child, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // it has ended by itself
  }
}
