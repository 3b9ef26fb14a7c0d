/** Returns a text without these characters at its beginning and its end, in time that is its length: a pattern begins anew at each one within. */
export function trim(text: string, characters: string): string {
  let from = 0;
  while (from < text.length && characters.includes(text.charAt(from))) from++;
  return trimEnd(text.slice(from), characters);
}

/** Returns a text without these characters at its end. */
export function trimEnd(text: string, characters: string): string {
  let to = text.length;
  while (to > 0 && characters.includes(text.charAt(to - 1))) to--;
  return text.slice(0, to);
}
