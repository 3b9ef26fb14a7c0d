/** A longer value is looked for in parts of so many characters: a pattern has its limits, and a part of this length is nothing else. */
const longest = 1_000;

/**
 * Returns patterns of a value as texts and protocols write it: as it is, and with its special characters escaped as in JSON, HTML and URLs, mixed at
 * will; in hex; and in base64 and base64url, also within the base64 of a longer text, such as of `user:password`.
 */
export function formsOf(value: string): readonly RegExp[] {
  const count = Math.ceil(value.length / longest);
  const size = Math.ceil(value.length / count);
  return [...Array(count).keys()].map((at) => patternOf(value.slice(at * size, (at + 1) * size)));
}

function patternOf(value: string): RegExp {
  const bytes = Buffer.from(value);
  const cores = new Set(
    [bytes, Buffer.from(JSON.stringify(value).slice(1, -1))].flatMap((each) => [0, 1, 2].map((at) => base64At(each, at))),
  );
  const escaped = [...value].map(spellingsOf).join("");
  return new RegExp([escaped, hexOf(bytes), ...cores].join("|"), "g");
}

/** Returns a pattern of one character. Letters and digits are escaped by nobody. */
function spellingsOf(character: string): string {
  if (/^[A-Za-z0-9]$/.test(character)) return character;
  const json = JSON.stringify(character).slice(1, -1);
  const code = character.codePointAt(0) ?? 0;
  const forms = [
    literal(character),
    ...(json === character ? [] : [literal(json)]),
    ...(character === "/" ? ["\\\\/"] : []),
    units(character),
    ...(entities[character] ?? []),
    `&#0*${code};`,
    `&#[xX]0*${anyCase(code.toString(16))};`,
    [...Buffer.from(character)].map((byte) => `%${anyCase(hexByte(byte))}`).join(""),
    ...(character === " " ? ["\\+"] : []),
  ];
  return `(?:${forms.join("|")})`;
}

const entities: Readonly<Record<string, readonly string[]>> = {
  "&": ["&amp;"],
  "<": ["&lt;"],
  ">": ["&gt;"],
  '"': ["&quot;"],
  "'": ["&apos;"],
};

/** As JSON may write any character: Go's does so for `<`, `>` and `&`, Python's for all that is not ASCII. */
function units(character: string): string {
  const codes = [...Array(character.length).keys()].map((at) => character.charCodeAt(at));
  return codes.map((code) => `\\\\u${anyCase(code.toString(16).padStart(4, "0"))}`).join("");
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => anyCase(hexByte(byte))).join("");
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

/**
 * Returns a pattern of bytes in base64 that begin so many bytes after a multiple of three. A character at either end holds bits of a neighbour as well:
 * whatever it is, it belongs to the match. https://www.rfc-editor.org/rfc/rfc4648#section-4
 */
function base64At(bytes: Uint8Array, at: number): string {
  const text = Buffer.concat([Buffer.alloc(at), bytes]).toString("base64");
  const first = [0, 2, 3][at] ?? 0;
  const end = Math.floor(((at + bytes.length) * 8) / 6);
  const core = [...text.slice(first, end)].map((letter) => base64Spellings[letter] ?? letter).join("");
  const ragged = ((at + bytes.length) * 8) % 6 === 0 ? "" : `(?:[\\w+/-]|%2[BbFf])?(?:=|%3[Dd]){0,2}`;
  return `${at === 0 ? "" : "[\\w+/-]?"}${core}${ragged}`;
}

/** The two letters that base64url has differently, as URLs and JSON may escape them. */
const base64Spellings: Readonly<Record<string, string>> = { "+": "(?:\\+|-|%2[Bb])", "/": "(?:/|_|\\\\/|%2[Ff])" };

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** Returns the text with `***` in place of each match. Matches that overlap are one. */
export function redactMatches(text: string, patterns: readonly RegExp[]): string {
  const ranges = patterns
    .flatMap((pattern) => Array.from(text.matchAll(pattern), ({ index, 0: { length } }) => ({ start: index, end: index + length })))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  let shown = "";
  let end = 0;
  for (const range of ranges) {
    if (range.start >= end) shown += `${text.slice(end, range.start)}***`;
    end = Math.max(end, range.end);
  }
  return shown + text.slice(end);
}
