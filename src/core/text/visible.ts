import { stripVTControlCharacters } from "node:util";

/**
 * Characters that a terminal or a log's reader obeys or does not show: controls of ASCII and Latin-1, marks that turn the direction of text, marks
 * without width, other line ends. The two selectors of an emoji's look stay. https://www.unicode.org/reports/tr36/#Text_Comparison
 */
const unseen = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\uFE0E\uFE0F]]/gv;

/** Returns text without such characters and without the codes of a terminal: what a person reads in one that obeys them. */
export function withoutMarks(text: string): string {
  return stripVTControlCharacters(text).replace(unseen, (character) => (character === "\n" || character === "\t" ? character : ""));
}

const names: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Returns text on one line in which each such character is an escape that people see: `\n`, `\x1b`, `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(unseen, (character) => names[character] ?? escaped(character.codePointAt(0) ?? 0));
}

function escaped(code: number): string {
  const digits = code.toString(16);
  return code < 0x100 ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`;
}

/**
 * Returns JSON that says the same without such characters and without `##[`, by which GitHub's runner knows a command anywhere in a line. Its own
 * line ends stay.
 */
export function visibleJson(json: string): string {
  const units = (character: string): string =>
    character === "\n" ? character : [...Array(character.length).keys()].map((at) => unit(character.charCodeAt(at))).join("");
  return json.replace(unseen, units).replaceAll("##[", "#\\u0023[");
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
