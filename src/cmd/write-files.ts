import { chmod, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, basename } from "node:path";
import { randomUUID } from "node:crypto";
import { FairleadError } from "../core/errors.ts";

/**
 * Replaces files of a folder, all or none. Each is written beside its old one with the same permissions; then all are
 * renamed.
 * Throws `forbidden` or `unavailable` if one cannot be written; then no file has changed.
 */
export async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const written: { temporary: string; path: string }[] = [];
  try {
    for (const [file, bytes] of files) {
      const path = join(folder, file);
      const temporary = besideOf(path);
      written.push({ temporary, path });
      await writeFile(temporary, bytes, { flag: "wx" });
      await chmod(temporary, (await stat(path)).mode);
    }
    for (const { temporary, path } of written) await rename(temporary, path);
  } catch (error) {
    await Promise.all(written.map(({ temporary }) => rm(temporary, { force: true })));
    throw translate(error, written.at(-1)?.path ?? folder);
  }
}

/** Returns where a file is written before it takes its place: on the same disk, under a name that nothing else has. */
export function besideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}`);
}

/** https://nodejs.org/api/errors.html#common-system-errors */
function translate(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new FairleadError("forbidden", `write ${path}: its folder cannot be written`, { cause: error });
  }
  if (code === "ENOSPC" || code === "EDQUOT") return new FairleadError("unavailable", `write ${path}: the disk is full`, { cause: error });
  return error;
}
