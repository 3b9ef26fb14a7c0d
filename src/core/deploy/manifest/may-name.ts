import { formatImageRepository, type ImageRef } from "../../image/image.ts";
import { lastPart } from "./reference.ts";

/** Without this character a file hides nothing (`hidesText`). */
export const hidingCharacter = "\\";

/**
 * Tells whether YAML may read from a file what is not in its text: a letter that is written as an escape, or a word with an escaped line
 * end in it (https://yaml.org/spec/1.2.2/#57-escaped-characters). The other escapes stand for what is in no name.
 */
export function hidesText(text: string): boolean {
  return text.includes(hidingCharacter) && /\\[xuU/]|\S\\\r?\n/.test(text);
}

/**
 * Returns what tells by the text of a file that hides nothing whether it may hold a reference to the image's repository, for a fraction of
 * what parsing costs. The text is of any encoding that has ASCII in it, which a name is (`isName`).
 *
 * It misses none. Each form, and so an ImageRepository and a marked line, takes a name from one scalar, where before it stands nothing or
 * `oci://`, and behind it nothing or a tag or digest; only a map with `registry` has it in two, which are joined by a slash. In no style does
 * YAML join two lines without a blank or line end between them, which no name has: each of the one or two pieces stands whole in the text.
 * Nor does a letter of a name stand next to it there, since scalars begin and end at blanks, quotes, indicators and the file's ends. All
 * spellings of a name have an end in common: host and repository, where the host may be in capitals; for Docker Hub, whose host and `library/`
 * may be left out, what is behind these.
 */
export function nameFinder(image: ImageRef): (text: string) => boolean {
  const isDockerHub = image.registry === "docker.io";
  const parts = (isDockerHub ? image.repository.replace(/^library\//, "") : formatImageRepository(image)).split("/");
  const name = endOfPath(parts);
  const halves = parts.slice(1).map((_, at) => [endOfPath(parts.slice(0, at + 1)), wholePath(parts.slice(at + 1))] as const);
  const last = lastPart(image);
  return (text) =>
    text.includes(last) && (name.test(text) || halves.some(([registry, repository]) => registry.test(text) && repository.test(text)));
}

/** Matches a path that is whole at its end, and at its beginning may follow a slash. */
function endOfPath(parts: readonly string[]): RegExp {
  return new RegExp(`(?<![\\w.-])${RegExp.escape(parts.join("/"))}(?![\\w./-])`, "i");
}

/** Matches a path that is whole at both ends. */
function wholePath(parts: readonly string[]): RegExp {
  return new RegExp(`(?<![\\w./-])${RegExp.escape(parts.join("/"))}(?![\\w./-])`, "i");
}
