// What every command does by the flags that all have.
import { constants } from "node:fs";
import { access, lstat, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FairleadError, inputError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { visibleJson } from "../core/text/visible.ts";
import type { Values } from "./command.ts";
import type { ProgressOptions } from "./progress/index.ts";
import { besideOf } from "./write-files.ts";

/** What a call is to print, and where. */
export interface Common {
  /** One JSON document is wanted on stdout, by whichever flag. */
  readonly json: boolean;
  readonly progress: ProgressOptions["form"];
  /** Writes the result to the file that was named, if one was. */
  readonly writeMetadata: (result: Json) => Promise<void>;
}

/**
 * Returns what the flags of all commands say. Throws `input` for those that contradict each other, and for a file that cannot be written: a run must not
 * end with a result that has no place.
 */
export async function readCommon(command: string, values: Values): Promise<Common> {
  const { json, output, quiet, verbose, progress, metadataFile: file } = values;
  const problems = [
    ...(json === true && output === "table" ? [{ field: "output", message: "the result is wanted as a table and as JSON" }] : []),
    ...(quiet === true && (verbose === true || progress !== undefined)
      ? [{ field: "quiet", message: "progress is wanted, and none" }]
      : []),
  ];
  if (problems.length > 0) throw inputError(command, problems, "leave out one of both");
  if (typeof file === "string") {
    await assertWritable(file);
    await removeOld(file);
  }
  return {
    json: json === true || output === "json",
    progress: (progress ?? "auto") as ProgressOptions["form"],
    writeMetadata: async (result) => {
      if (typeof file === "string") await replaceFile(file, `${visibleJson(JSON.stringify(result, null, 2))}\n`);
    },
  };
}

async function assertWritable(file: string): Promise<void> {
  const wrong = (why: string, hint: string): FairleadError => new FairleadError("input", `write ${file}: ${why}`, { hint });
  const folder = await stat(dirname(file)).catch(() => undefined);
  if (folder?.isDirectory() !== true)
    throw wrong("its folder does not exist", "make the folder, or name another file with --metadata-file");
  const there = await lstat(file).catch(() => undefined);
  if (there?.isDirectory() === true) throw wrong("it is a folder", "name a file with --metadata-file");
  const needed = there === undefined || there.isFile() || there.isSymbolicLink() ? dirname(file) : file;
  await access(needed, constants.W_OK).catch(() => {
    throw wrong("this user may not write there", "name another file with --metadata-file");
  });
}

/** A run that fails leaves no result of an earlier one, which a script would take for its own: docker does so with `--iidfile`. */
async function removeOld(file: string): Promise<void> {
  const there = await lstat(file).catch(() => undefined);
  if (there?.isFile() === true || there?.isSymbolicLink() === true) await rm(file, { force: true });
}

/** The file is there whole, or not at all. A link is replaced: it may have come with a repository. A device or a pipe is written to. */
async function replaceFile(file: string, text: string): Promise<void> {
  const there = await lstat(file).catch(() => undefined);
  if (there !== undefined && !there.isFile() && !there.isSymbolicLink()) return await writeFile(file, text);
  const beside = besideOf(file);
  try {
    await writeFile(beside, text, { flag: "wx" });
    await rename(beside, file);
  } catch (error) {
    throw fullDisk(error, file);
  } finally {
    await rm(beside, { force: true });
  }
}

/** Returns the error of a full disk by the name of the file that was meant; any other as it is. */
function fullDisk(error: unknown, file: string): unknown {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  const words = code === "ENOSPC" ? "no space left on device" : "the disk quota is used up";
  const hint = `free space on the disk of ${dirname(resolve(file))}, or name a file on another disk with --metadata-file`;
  return new FairleadError("unavailable", `write ${file}: ${words} (${code})`, { hint, cause: error });
}
