import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";

/** Unchanged lines around a change, as in Git. */
const context = 3;

/**
 * Returns the changes between two sets of files as one unified diff, in the order of their paths.
 * Headers are `--- a/path` and `+++ b/path`, with `/dev/null` for a missing file. Equal files are left out; for files
 * that are not UTF-8 it says only that they differ.
 */
export function unifiedDiff(before: ReadonlyMap<string, Uint8Array>, after: ReadonlyMap<string, Uint8Array>): string {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.map((path) => fileDiff(path, before.get(path), after.get(path))).join("");
}

function fileDiff(path: string, before: Uint8Array | undefined, after: Uint8Array | undefined): string {
  const from = before === undefined ? "/dev/null" : `a/${path}`;
  const to = after === undefined ? "/dev/null" : `b/${path}`;
  const [old, edited] = [decode(before), decode(after)];
  if (old === undefined || edited === undefined) return isEqual(before, after) ? "" : `Binary files ${from} and ${to} differ\n`;
  if (old === edited) return "";
  return createTwoFilesPatch(from, to, old, edited, undefined, undefined, { context, headerOptions: FILE_HEADERS_ONLY });
}

function decode(bytes: Uint8Array | undefined): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}
