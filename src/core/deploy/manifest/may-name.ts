import { formatImageRepository, type ImageRef } from "../../image/image.ts";
import { lastPart } from "./reference.ts";

/** Without this character a file hides nothing (`hidesText`). */
export const hidingCharacter = "\\";

/**
 * Tells whether a file may hold text that a search misses: an escaped letter, or a word with an escaped line end.
 * The other escapes stand for characters that no name has: https://yaml.org/spec/1.2.2/#57-escaped-characters
 */
export function hidesText(text: string): boolean {
  return text.includes(hidingCharacter) && /\\[xuU/]|\S\\\r?\n/.test(text);
}

/**
 * Returns a test of a file's text: may it hold a reference to the image's repository? The test is far cheaper than
 * parsing.
 * The file must hide nothing (`hidesText`). Its encoding may be any that includes ASCII, of which a name consists
 * (`isName`).
 *
 * The test misses no reference:
 * - Each form takes a name from one scalar; so do an ImageRepository and a marked line.
 * - Before the name stands nothing or `oci://`, and behind it nothing, a tag or a digest.
 * - Only a map with a registry, or with `repository` and `name`, has the name in two or three scalars, which slashes join. A registry may end in one.
 * - YAML joins two lines by a blank or a line end, which no name has. So each piece stands whole in the text.
 * - Scalars begin and end at blanks, quotes, indicators and the file's ends. So no letter of a name is next to a piece.
 * - All spellings of a name end alike. The host may be in capitals; Docker Hub's host and `library/` may be missing.
 */
export function nameFinder(image: ImageRef): (text: string) => boolean {
  const isDockerHub = image.registry === "docker.io";
  const parts = (isDockerHub ? image.repository.replace(/^library\//, "") : formatImageRepository(image)).split("/");
  const name = endOfPath(parts);
  const pieces = [...splits(parts)].map(([first = [], ...others]) => [endOfPath(first), ...others.map(wholePath)]);
  const last = lastPart(image);
  return (text) => text.includes(last) && (name.test(text) || pieces.some((each) => each.every((piece) => piece.test(text))));
}

/** Yields each way to have a name's parts in two or three scalars. */
function* splits(parts: readonly string[]): Generator<readonly (readonly string[])[]> {
  for (let at = 1; at < parts.length; at++) {
    yield [parts.slice(0, at), parts.slice(at)];
    for (let next = at + 1; next < parts.length; next++) yield [parts.slice(0, at), parts.slice(at, next), parts.slice(next)];
  }
}

/** Matches a path that is whole at its end; before it may stand a slash, and behind it. */
function endOfPath(parts: readonly string[]): RegExp {
  return new RegExp(`(?<![\\w.-])${RegExp.escape(parts.join("/"))}(?!/?[\\w.-]|//)`, "i");
}

/** Matches a path that is whole at both ends. */
function wholePath(parts: readonly string[]): RegExp {
  return new RegExp(`(?<![\\w./-])${RegExp.escape(parts.join("/"))}(?![\\w./-])`, "i");
}
