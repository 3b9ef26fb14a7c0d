import { constants, type Stats } from "node:fs";
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
 * Returns the text of a configuration that somebody named, of which no more is read than it may have. Throws `input` where everybody may write it:
 * whoever may, names commands that we run. Throws Node's error where it cannot be read.
 */
export async function readConfigFile(path: string): Promise<string> {
  await using file = await open(path);
  return await readText(file, path);
}

/**
 * Returns the text of a configuration that lies in a folder. It is a file, and nothing that could keep us waiting. Undefined where another user has put
 * it there, as Git does not use a repository of another user's. Throws as `readConfigFile` does.
 */
export async function readFoundFile(path: string): Promise<string | undefined> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = await file.stat();
  if (!stat.isFile()) throw new FairleadError("input", `read ${path}: it is no file`, { hint: `remove ${path}, or go to another folder` });
  return isOwn(stat) ? await readText(file, path) : undefined;
}

async function readText(file: FileHandle, path: string): Promise<string> {
  const exposure = writableByAll(await file.stat());
  if (exposure !== undefined) {
    throw new FairleadError("input", `read ${path}: it ${exposureText(exposure)}`, { hint: `look through it, and run chmod 644 ${path}` });
  }
  const bytes = await readUpTo(file, longest + 1);
  if (isUtf16(bytes)) throw new FairleadError("input", `read ${path}: it is UTF-16, not UTF-8`, { hint: `save ${path} as UTF-8` });
  const text = bytes.toString();
  return text.startsWith("\ufeff") ? text.slice(1) : text; // some editors mark UTF-8 so
}

/** Tells a text of UTF-16 by its mark, or by half of its first letter. */
function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  return ["fffe", "feff"].includes(bytes.toString("hex", 0, 2)) || (first === 0) !== (second === 0);
}

/** Tells whether a file is of the user who runs this, or of root. */
export function isOwn({ uid }: Pick<Stats, "uid">): boolean {
  return uid === 0 || uid === process.getuid?.();
}

async function readUpTo(file: FileHandle, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, bytes - length);
    length += bytesRead;
    if (bytesRead === 0 || length === bytes) return buffer.subarray(0, length);
  }
}
