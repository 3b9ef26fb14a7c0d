import { formatHunks } from "./hunks.ts";
import { linesOf, replacedLines, splicedLines } from "./line-edits.ts";
import { quotedPath } from "./quoted-path.ts";
import { spliceText, type Splice, type Splices } from "./splice.ts";

/**
 * Returns the changes between two sets of files as one unified diff, in the order of their paths.
 * Headers are `--- a/path` and `+++ b/path`, with `/dev/null` for a missing file. Paths are quoted as
 * Git quotes them. Equal files are left out; for files that are not UTF-8 it says only that they differ.
 * A file with splices has a hunk for each place that they change. In any other, all between its first and its last
 * difference is one change. So the work grows with the files alone, however much of them has changed.
 */
export function unifiedDiff(
  before: ReadonlyMap<string, Uint8Array>,
  after: ReadonlyMap<string, Uint8Array>,
  splices: Splices = new Map(),
): string {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.map((path) => fileDiff(path, before.get(path), after.get(path), splices.get(path) ?? [])).join("");
}

function fileDiff(path: string, before: Uint8Array | undefined, after: Uint8Array | undefined, splices: readonly Splice[]): string {
  const from = before === undefined ? "/dev/null" : quotedPath(`a/${path}`);
  const to = after === undefined ? "/dev/null" : quotedPath(`b/${path}`);
  const [old, edited] = [decode(before), decode(after)];
  if (old === undefined || edited === undefined) return isEqual(before, after) ? "" : `Binary files ${from} and ${to} differ\n`;
  if (old === edited) return "";
  const isSpliced = splices.length > 0 && spliceText(old, splices) === edited;
  const lines = linesOf(old);
  const edits = isSpliced ? splicedLines(old, splices) : replacedLines(lines, linesOf(edited));
  return `--- ${from}\n+++ ${to}\n${formatHunks(lines, edits)}`;
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
