/** No letter of any script is longer, in UTF-16 units: what is longer is not cut as a whole. */
const longestLetter = 64;

/**
 * Returns a text of at most `limit` UTF-16 units. Where it was cut it ends with `…`, and no letter is split: neither a pair of surrogates nor
 * an emoji that is made of several. https://www.unicode.org/reports/tr29/
 */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, boundaryBefore(text, Math.max(limit - 1, 0)))}…`;
}

/**
 * Returns a text in pieces of at most `limit` UTF-16 units, in their order: together they show all of it. A piece ends at a line's end or between two words
 * where one is in its second half, else between two letters, as `cut` does. White space between two pieces is left out.
 */
export function pieces(text: string, limit: number): readonly string[] {
  const found: string[] = [];
  let rest = text.trim();
  while (rest.length > limit) {
    const end = breakBefore(rest, limit);
    found.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return rest === "" ? found : [...found, rest];
}

function breakBefore(text: string, limit: number): number {
  const ends = ["\n", " "].map((space) => text.lastIndexOf(space, limit));
  return ends.find((end) => end > limit / 2) ?? Math.max(boundaryBefore(text, limit), 1);
}

/** Returns a foreign text as one line of at most `limit` UTF-16 units, without control characters. */
export function cutLine(text: string, limit: number): string {
  return cut(text.replace(/[\p{C}\s]+/gu, " ").trim(), limit);
}

/** Returns the last place at or before `at` that is between two letters. */
function boundaryBefore(text: string, at: number): number {
  const start = new Intl.Segmenter().segment(text).containing(at)?.index ?? at;
  if (at - start <= longestLetter) return start;
  const splitsPair = (text.codePointAt(at - 1) ?? 0) > 0xffff;
  return splitsPair ? at - 1 : at;
}
