/** New source text in place of `[start, end)` of a text, in UTF-16 units. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly source: string;
}

/** The stretches of text that an edit replaces, by file. */
export type Splices = ReadonlyMap<string, readonly Splice[]>;

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
