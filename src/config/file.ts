import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FairleadError } from "../core/errors.ts";
import { exposureText, writableByAll } from "../core/file-exposure.ts";
import { longest } from "./document.ts";
import type { Absolute } from "./paths.ts";

/**
 * Returns what makes the paths in a configuration absolute. They count from the folder in which the file is named, not from that of a file to which a
 * link leads: Kubernetes keeps the files of a ConfigMap in a folder whose name changes.
 */
export function pathsBeside(file: string): Absolute {
  return (path) => resolve(dirname(file), path);
}

/**
 * Returns the text of a configuration, of which no more is read than it may have. Throws `input` where everybody may write it: whoever may, names
 * commands that we run. Throws Node's error where it cannot be read. A file that is only found is a file, and nothing that could keep us waiting.
 */
export async function readConfigFile(path: string, { found = false } = {}): Promise<string> {
  await using file = await open(path, found ? constants.O_RDONLY | constants.O_NONBLOCK : constants.O_RDONLY);
  const stat = await file.stat();
  if (found && !stat.isFile())
    throw new FairleadError("input", `read ${path}: it is no file`, { hint: `remove ${path}, or go to another folder` });
  const exposure = writableByAll(stat);
  if (exposure !== undefined) {
    throw new FairleadError("input", `read ${path}: it ${exposureText(exposure)}`, { hint: `look through it, and run chmod 644 ${path}` });
  }
  return await readUpTo(file, longest + 1);
}

async function readUpTo(file: FileHandle, bytes: number): Promise<string> {
  const buffer = Buffer.alloc(bytes);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, bytes - length);
    length += bytesRead;
    if (bytesRead === 0 || length === bytes) return buffer.subarray(0, length).toString();
  }
}
