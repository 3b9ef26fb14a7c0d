import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { chmod, lstat, mkdir, open, readFile, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { FairleadError } from "../../../core/errors.ts";
import { runFolder, type EngineOptions } from "./places.ts";
import { startOf } from "../../../process.ts";
import { ended } from "./process.ts";

/** Milliseconds of waiting that a person would notice. */
const notable = 1000;

/** A lock file, and what its holder does meanwhile, for whoever waits: `starts the engine`. */
export interface Lock {
  readonly path: string;
  readonly doing: string;
}

/**
 * Returns a lock of this host. It is in a folder that only root can open: nobody else can hold it.
 * @throws FairleadError `forbidden` for another user
 */
export async function hostLock(doing: string, name = "engine"): Promise<Lock> {
  const uid = process.getuid?.();
  if (uid !== 0) {
    throw new FairleadError("forbidden", `lock engine: only root starts and stops a native engine, and this is user ${String(uid)}`, {
      hint: "run it as root",
    });
  }
  await makePrivate(runFolder);
  return { path: join(runFolder, `${name}.lock`), doing };
}

/**
 * Runs `work` while no other process runs under the lock.
 * It is a flock(2) of an open file that no program inherits: the kernel takes it back however its holder ends, so no
 * lock is ever stale. Waiting is reported with the holder's process id.
 * @throws FairleadError `canceled`, `forbidden` when the file is not ours, `not_found` without the program flock
 */
export async function withLock<T>(options: EngineOptions, { path, doing }: Lock, work: () => Promise<T>): Promise<T> {
  const file = await acquire(path, options);
  try {
    await file.truncate(0);
    await file.write(JSON.stringify({ pid: process.pid, doing }), 0);
    return await work();
  } finally {
    await file.truncate(0);
    await file.close();
  }
}

async function acquire(path: string, { report, signal }: EngineOptions): Promise<FileHandle> {
  const patience = setTimeout(() => void holderOf(path).then((holder) => report(`waiting for ${holder}`)), notable);
  try {
    for (;;) {
      const file = await openOwn(path);
      const locked = await flock(file, signal).catch(async (error: unknown) => {
        await file.close();
        throw signal.aborted ? new FairleadError("canceled", "wait for lock: canceled") : error;
      });
      if (locked && (await isStillAt(path, file))) return file;
      await file.close();
    }
  } finally {
    clearTimeout(patience);
  }
}

/** Opens the lock's file, which others can neither read nor replace by a link. */
async function openOwn(path: string): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  return open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
}

/** Waits for the lock. The child locks the file that we have open, so the lock stays ours when it has ended. */
async function flock(file: FileHandle, signal: AbortSignal): Promise<boolean> {
  const child = spawn("flock", ["--exclusive", "3"], { stdio: ["ignore", "ignore", "ignore", file.fd], signal });
  const status = await ended(child).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new FairleadError("not_found", "lock engine: there is no program flock", { hint: "run apt-get install --yes util-linux" });
  });
  return status === "0";
}

/** Tells whether the locked file is still the one at its path: somebody may have removed it while we waited. */
async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  const [locked, there] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return locked.ino === there?.ino && locked.dev === there.dev;
}

/** Returns the holder of a lock, for people: `process 4711, which starts the engine`. */
async function holderOf(path: string): Promise<string> {
  const unknown = "another fairlead that starts or stops the engine";
  try {
    const { pid, doing } = JSON.parse(await readFile(path, "utf8")) as { readonly pid: number; readonly doing: string };
    return startOf(pid) === undefined ? unknown : `process ${pid}, which ${doing}`;
  } catch {
    return unknown; // it has not written itself down yet
  }
}

/** Makes a folder that only root can open, or closes an existing one. */
async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(folder);
  if (uid !== 0) throw new FairleadError("forbidden", `lock engine: ${folder} belongs to user ${uid}`, { hint: `remove ${folder}` });
  if ((mode & 0o077) !== 0) await chmod(folder, 0o700);
}
