import { spliceText, type Splice } from "./splice.ts";

/** Lines that replace others, each with its line end. */
export interface LineEdit {
  /** The index of the first replaced line, from 0. */
  readonly at: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Returns the lines of a text, each with its line end. The last may have none. */
export function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** Returns the edit between two texts as one: all from the first different line to the last. */
export function replacedLines(before: readonly string[], after: readonly string[], at = 0): readonly LineEdit[] {
  const most = Math.min(before.length, after.length);
  let same = 0;
  while (same < most && before[same] === after[same]) same++;
  let last = 0;
  while (last < most - same && before.at(-1 - last) === after.at(-1 - last)) last++;
  const removed = before.slice(same, before.length - last);
  const added = after.slice(same, after.length - last);
  return removed.length + added.length === 0 ? [] : [{ at: at + same, removed, added }];
}

/** The lines that splices touch: their indices, and the offsets of the first one's start and the last one's end. */
interface Touched {
  readonly first: number;
  readonly from: number;
  last: number;
  to: number;
  readonly splices: Splice[];
}

/** Returns the edits that splices make. Those in the same or in neighbouring lines are one edit. The work grows with text and splices. */
export function splicedLines(text: string, splices: readonly Splice[]): readonly LineEdit[] {
  return touchedLines(text, splices).flatMap(({ first, from, to, splices: within }) => {
    const shifted = within.map(({ start, end, source }) => ({ start: start - from, end: end - from, source }));
    const old = text.slice(from, to);
    return replacedLines(linesOf(old), linesOf(spliceText(old, shifted)), first);
  });
}

function touchedLines(text: string, splices: readonly Splice[]): readonly Touched[] {
  const found: Touched[] = [];
  let [line, from, to] = [0, 0, endOfLine(text, 0)];
  const goTo = (offset: number): void => {
    for (; offset >= to && to > from && text[to - 1] === "\n"; line++) [from, to] = [to, endOfLine(text, to)];
  };
  for (const splice of splices.toSorted((a, b) => a.start - b.start)) {
    goTo(splice.start);
    const begin = { line, from };
    goTo(splice.end);
    const before = found.at(-1);
    if (before === undefined || begin.line > before.last + 1) {
      found.push({ first: begin.line, from: begin.from, last: line, to, splices: [splice] });
      continue;
    }
    before.splices.push(splice);
    [before.last, before.to] = [line, to];
  }
  return found;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at + 1;
}
