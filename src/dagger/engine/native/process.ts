// The engine's process: its record while it runs, and how it is ended.
import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { startOf } from "../../../process.ts";
import { runFolder } from "./places.ts";
import type { EngineSettings } from "./settings.ts";

/** The file with the record of the running engine; /run is emptied at boot, as it must be. */
export const recordPath = join(runFolder, "engine.json");

/** Milliseconds within which a stopped engine must have ended (3 s is usual). */
const stopDeadline = 30_000;

/** The running engine, as it was when it started. */
export interface EngineRecord extends EngineSettings {
  readonly pid: number;
  /** Start time of the process in ticks since boot (proc(5)). A reused pid has another one. */
  readonly started: string;
  readonly program: string;
}

/**
 * Tells whether an engine was started since the last boot and not stopped. If none runs then, it died and left traces
 * on the host.
 */
export function isRecorded(): boolean {
  return existsSync(recordPath);
}

/** Returns the engine that we started and that still runs: the same pid, start time and program. */
export async function runningEngine(): Promise<EngineRecord | undefined> {
  const text = await readFile(recordPath, "utf8").catch(unlessMissingOrClosed);
  if (text === undefined) return undefined;
  const record = {
    plainHttp: [],
    sdk: undefined,
    runc: undefined,
    ...(JSON.parse(text) as Partial<EngineSettings> & Omit<EngineRecord, keyof EngineSettings>),
  };
  const alive = startOf(record.pid) === record.started;
  const command = alive ? await readFile(`/proc/${String(record.pid)}/cmdline`, "utf8").catch(() => "") : "";
  return command.split("\0").includes(record.program) ? record : undefined;
}

/** Records the process that was started with this program and these settings. */
export async function writeRecord(pid: number, program: string, settings: EngineSettings): Promise<void> {
  const record: EngineRecord = { pid, started: startOf(pid) ?? "", program, ...settings };
  await mkdir(dirname(recordPath), { recursive: true, mode: 0o700 });
  await writeFile(`${recordPath}.new`, JSON.stringify(record));
  await rename(`${recordPath}.new`, recordPath);
}

/** Ends the engine and waits for it. After half a minute it is killed. */
export async function endProcess(record: EngineRecord): Promise<void> {
  process.kill(-record.pid, "SIGTERM");
  const deadline = Date.now() + stopDeadline;
  while (startOf(record.pid) === record.started) {
    if (Date.now() > deadline) process.kill(-record.pid, "SIGKILL");
    await delay(50);
  }
}

/** Waits for a child's end. Returns its exit code or the name of its signal. */
export function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, name) => resolve(String(code ?? name)));
  });
}

/**
 * Starts a program in a process group of its own, which an abort kills whole: a signal to npm or to Go would leave what those started, and that works on.
 * stdin is empty.
 */
export function spawnGroup(
  command: string,
  args: readonly string[],
  { cwd, env, signal }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const stop = (): void => void (child.pid !== undefined && process.kill(-child.pid, "SIGKILL"));
  signal.addEventListener("abort", stop, { once: true });
  child.once("exit", () => signal.removeEventListener("abort", stop));
  if (signal.aborted) stop();
  return child;
}

/** Only root can read the record. To anybody else, no engine is known. */
function unlessMissingOrClosed(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "EACCES") unlessMissing(error);
}

/** For `catch`: a missing file is no failure. */
export function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
