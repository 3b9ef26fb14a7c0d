import type { LineEdit } from "./line-edits.ts";

/** Unchanged lines around a change, as in Git. */
const context = 3;

/**
 * Returns the hunks of a unified diff: the edits with the lines around them. Edits with few lines between them share a
 * hunk. https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html
 */
export function formatHunks(before: readonly string[], edits: readonly LineEdit[]): string {
  let moved = 0; // how many lines the edits so far have added
  return grouped(edits)
    .map((hunk) => {
      const start = Math.max(0, hunk[0]!.at - context);
      const end = Math.min(before.length, endOf(hunk.at(-1)!) + context);
      const added = hunk.reduce((sum, edit) => sum + edit.added.length - edit.removed.length, 0);
      const head = `@@ -${range(start, end - start)} +${range(start + moved, end - start + added)} @@\n`;
      moved += added;
      return head + bodyOf(before, hunk, start, end);
    })
    .join("");
}

function grouped(edits: readonly LineEdit[]): readonly (readonly LineEdit[])[] {
  const hunks: LineEdit[][] = [];
  for (const edit of edits) {
    const last = hunks.at(-1);
    if (last !== undefined && edit.at - endOf(last.at(-1)!) <= 2 * context) last.push(edit);
    else hunks.push([edit]);
  }
  return hunks;
}

function bodyOf(before: readonly string[], hunk: readonly LineEdit[], start: number, end: number): string {
  let body = "";
  let at = start;
  for (const edit of hunk) {
    body += marked(" ", before.slice(at, edit.at)) + marked("-", edit.removed) + marked("+", edit.added);
    at = endOf(edit);
  }
  return body + marked(" ", before.slice(at, end));
}

function marked(mark: string, lines: readonly string[]): string {
  return lines.map((line) => (line.endsWith("\n") ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`)).join("");
}

/** A range of lines counts from 1. An empty one names the line before it. */
function range(from: number, count: number): string {
  return `${count === 0 ? from : from + 1},${count}`;
}

function endOf({ at, removed }: LineEdit): number {
  return at + removed.length;
}
