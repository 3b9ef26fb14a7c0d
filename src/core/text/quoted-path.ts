const named: Readonly<Record<string, string>> = {
  "\x07": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  '"': '"',
  "\\": "\\",
};

/**
 * Returns a path as Git writes it in a diff: as it is, or in quotes when it has other than printable ASCII, a quote or a backslash. These are
 * escaped as in C, and bytes of UTF-8 in octal. https://git-scm.com/docs/git-config#Documentation/git-config.txt-corequotePath
 */
export function quotedPath(path: string): string {
  if (/^[ !#-[\]-~]*$/.test(path)) return path;
  return `"${[...new TextEncoder().encode(path)].map(escaped).join("")}"`;
}

function escaped(byte: number): string {
  const character = String.fromCharCode(byte);
  const name = named[character];
  if (name !== undefined) return `\\${name}`;
  return byte >= 0x20 && byte <= 0x7e ? character : `\\${byte.toString(8).padStart(3, "0")}`;
}
