import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Tree } from "../../../../src/core/git/tree.ts";

/** Returns the regular files below a folder as a tree. It ignores `containing`, so that a test sees every file. */
export function folderTree(folder: string): Tree {
  return {
    async *list() {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) yield relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/");
      }
    },
    read: (path) => readFile(join(folder, path)),
  };
}

/** Returns texts by path as a tree that records which were read. */
export function textTree(
  files: Readonly<Record<string, string | Uint8Array>>,
): Tree & { readonly asked: (readonly string[] | undefined)[] } {
  const asked: (readonly string[] | undefined)[] = [];
  return {
    asked,
    async *list(wanted) {
      asked.push(wanted?.containing);
      yield* await Promise.resolve(Object.keys(files));
    },
    read: (path) => Promise.resolve(Buffer.from(files[path] ?? "")),
  };
}
