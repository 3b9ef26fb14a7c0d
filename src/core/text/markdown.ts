// Text of others in Markdown that a Git provider shows to people: a branch's name, an error, the title of a commit.
import { cut } from "./cut.ts";
import { visible } from "./visible.ts";

/** The longest text of others on one line, in UTF-16 units. */
const longestLine = 300;

/** Takes no room. Behind `@`, `#` or `:` it keeps a provider from a mention, a reference, a link: a backslash does not, as they are looked for after Markdown. */
const apart = "\u200b";

/**
 * Returns text of others as it reads, on one line: no letter of it is Markdown, HTML or a hidden marker, it mentions nobody, refers to no issue and
 * links nowhere. https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
 */
export function markdownText(text: string, limit = longestLine): string {
  const escaped = oneLine(text, limit)
    .replace(/[\\`*_[\]{}()<>#|~$&!]/g, String.raw`\$&`)
    .replace(/^(?:[-+=]|\d+(?=\.))/, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`));
  return escaped.replace(/@|#(?=\w)|\bGH-(?=\d)|:(?=\/\/)|\bwww(?=\.)/gi, `$&${apart}`);
}

/** Returns text of others as code within a line: nothing in it is taken for anything but text. A `|` would end the cell of a table: see `markdownCell`. */
export function markdownCode(text: string, limit = longestLine): string {
  const line = oneLine(text, limit);
  const fence = "`".repeat(longestRun(line) + 1);
  const space = line === "" || /^[` ]|[` ]$/.test(line) ? " " : ""; // Markdown takes one from each end
  return `${fence}${space}${line}${space}${fence}`;
}

/**
 * Returns text of others as code in a cell of a table. A backslash keeps a `|` from ending the cell, except behind another one, with which it is a pair:
 * a space keeps them apart.
 * https://github.github.com/gfm/#example-200
 */
export function markdownCell(text: string, limit = longestLine): string {
  return markdownCode(text, limit).replace(/(\\?)\|/g, (_, before: string) => (before === "" ? "\\|" : String.raw`\ \|`));
}

/** Returns text of others as a block of code, with the line ends that it has. */
export function markdownBlock(text: string, limit: number): string {
  const lines = cut(text, limit)
    .split(/\r?\n/)
    .map((line) => visible(line.replaceAll("\t", "  ")));
  const shown = unmarked(lines.join("\n"));
  const fence = "`".repeat(Math.max(longestRun(shown) + 1, 3));
  return `${fence}text\n${shown}\n${fence}`;
}

/** Returns a link whose text is shown as it reads; the text alone where the address is not one of the web. */
export function markdownLink(text: string, url: string): string {
  const parsed = URL.parse(url);
  const isWeb = parsed !== null && /^https?:$/.test(parsed.protocol) && `${parsed.username}${parsed.password}` === "";
  if (!isWeb) return markdownText(text);
  const address = parsed.href.replace(/[()<>|\\[\]`*_'"]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  return `[${markdownText(text)}](${address})`;
}

function oneLine(text: string, limit: number): string {
  return unmarked(visible(cut(text.replace(/\s+/g, " ").trim(), limit)));
}

/** A comment of HTML is not seen, and a record of ours is one: nobody else's text begins one, whatever stands around it. */
function unmarked(text: string): string {
  return text.replaceAll("<!--", "<! --");
}

/** Returns the length of the longest run of backticks. */
function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}
