import type { Splice } from "./scalar.ts";

/** Returns the text with all splices made. They do not overlap; their order does not matter. */
export function spliceText(text: string, splices: readonly Splice[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end, source } of splices.toSorted((a, b) => a.start - b.start)) {
    pieces.push(text.slice(at, start), source);
    at = end;
  }
  return [...pieces, text.slice(at)].join("");
}
