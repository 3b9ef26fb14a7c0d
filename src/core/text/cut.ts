/** No letter of any script is longer, in UTF-16 units: what is longer is not cut as a whole. */
const longestLetter = 64;

/**
 * Returns a text of at most `limit` UTF-16 units. Where it was cut it ends with `…`, and no letter is split: neither a pair of surrogates nor
 * an emoji that is made of several. https://www.unicode.org/reports/tr29/
 */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, boundaryBefore(text, Math.max(limit - 1, 0)))}…`;
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
