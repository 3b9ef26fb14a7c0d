import { randomUUID } from "node:crypto";
import { chmod, chown, open, realpath, rename, rm, stat } from "node:fs/promises";
import type { Stats } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FairleadError } from "../../../src/core/errors.ts";
import { exposureOf, exposureText } from "../../../src/core/file-exposure.ts";

/** Returns what is known of a file that may hold secrets; undefined where there is none. Throws `input` for what is no file, or what others may read. */
export async function privateFile(path: string): Promise<Stats | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unwritable(path, error);
  });
  if (found === undefined) return undefined;
  if (!found.isFile()) throw new FairleadError("input", `write ${path}: it is no file`, { hint: "name another file" });
  const exposure = exposureOf(found);
  if (exposure === undefined) return found;
  throw new FairleadError("input", `write ${path}: it ${exposureText(exposure)}`, { hint: `run chmod 600 ${path}` });
}

/** Throws where no file can be written beside this one: what is tried is taken away again. */
export async function assertReplaceable(path: string): Promise<void> {
  const beside = besideOf(path);
  try {
    await (await open(beside, "wx", 0o600)).close();
    await rm(beside);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Writes a file, a new one with this mode: its owner alone may read it. It is there whole, or as it was; an existing one keeps its owner and its mode. */
export async function replacePrivately(path: string, text: string, mode = 0o600): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const there = await stat(target).catch(() => undefined);
  const beside = besideOf(target);
  try {
    await using file = await open(beside, "wx", mode);
    await file.writeFile(text);
    await file.sync();
    if (there !== undefined) await keep(beside, there);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw unwritable(path, error);
  }
}

async function keep(path: string, { mode, uid, gid }: Stats): Promise<void> {
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) await chown(path, uid, gid).catch(() => undefined);
  await chmod(path, mode & 0o7777);
}

function besideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}`);
}

/** Returns what kept a file from being written. https://nodejs.org/api/errors.html#common-system-errors */
export function unwritable(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const why = meanings[code ?? ""];
  if (error instanceof FairleadError || code === undefined) return error;
  const message = `write ${path}: ${why ?? `it cannot be written (${code})`}`;
  return new FairleadError(code === "ENOSPC" ? "unavailable" : "input", message, { hint: "name another place", cause: error });
}

const meanings: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder is a file",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "its file system is read-only",
  ENOSPC: "the disk is full",
  EISDIR: "it is a folder",
};
