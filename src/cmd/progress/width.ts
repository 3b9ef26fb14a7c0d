/**
 * Letters that take two columns: those of East Asia in their full width, and emojis.
 * https://www.unicode.org/reports/tr11/ names them one by one; these are their scripts, blocks and looks, which a terminal goes by too.
 */
const wide =
  /[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{sc=Hang}\p{sc=Yiii}\p{sc=Tang}\p{Emoji_Presentation}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}]--[\u{ff61}-\u{ffdc}\p{ASCII}\u{b7}\p{M}]]|\p{Emoji}\u{fe0f}/v;
const ascii = /^[\x20-\x7e]*$/;
const letters = new Intl.Segmenter();

/** Returns how many columns a visible text takes in a terminal. */
export function widthOf(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of letters.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** Returns a visible text of at most so many columns. Where it was cut it ends with `…`, and no letter is split. */
export function cutToWidth(text: string, columns: number): string {
  if (text.length * 2 <= columns || widthOf(text) <= columns) return text;
  let kept = "";
  let left = columns - 1;
  for (const { segment } of letters.segment(text)) {
    left -= wide.test(segment) ? 2 : 1;
    if (left < 0) break;
    kept += segment;
  }
  return columns < 1 ? "" : `${kept}…`;
}
