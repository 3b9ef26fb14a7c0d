const beyond = /[\u{10000}-\u{10ffff}]/u;

/**
 * Returns a text in which each letter with a character above U+FFFF, such as most emoji, is `?`: for a place that keeps no four bytes of UTF-8 for one.
 * `instead` returns what else stands for a letter.
 */
export function basic(text: string, instead: (letter: string) => string = () => "?"): string {
  return text
    .toWellFormed()
    .replace(/\p{RGI_Emoji}|[\u{10000}-\u{10ffff}]/gv, (letter) => (beyond.test(letter) ? instead(letter) : letter));
}

/** Returns a text of the printable letters of ASCII alone: `?` stands for others. */
export function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, "?");
}
