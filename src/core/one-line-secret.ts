import { FairleadError } from "./errors.ts";
import type { Secret } from "./secret.ts";
import { visible } from "./text/visible.ts";

const names: Readonly<Record<string, string>> = {
  "\n": "a line break",
  "\r": "a carriage return",
  "\t": "a tab",
  "\0": "a zero byte",
  "\ufeff": "a byte order mark",
};

/**
 * Returns a secret that travels in a header or as a password: its `reveal` throws `input` for a value with a character that nobody sees, which a server
 * would only refuse. The error has the place of the secret and the name of that character, and nothing else of the value.
 */
export function oneLineSecret(secret: Secret): Secret {
  const reveal = async (): Promise<string> => {
    const value = await secret.reveal();
    const problem = problemOf(value);
    if (problem === undefined) return value;
    const { name, place } = secret;
    throw new FairleadError("input", `use secret ${name}: it has ${problem}${place === undefined ? "" : `, in ${place}`}`, {
      hint: `keep nothing but the secret in ${place ?? "its place"}`,
    });
  };
  return { ...secret, reveal };
}

/** Returns the first character of a text that nobody sees, in words, and where it is. */
function problemOf(text: string): string | undefined {
  const characters = [...text];
  const at = characters.findIndex((each) => visible(each) !== each);
  if (at < 0) return undefined;
  const character = characters[at] ?? "";
  const isEnd = characters.slice(at).every((each) => visible(each) !== each);
  const where = at === 0 ? "at its start" : isEnd ? "at its end" : "within";
  return `${names[character] ?? "an invisible character"} (${visible(character)}) ${where}`;
}
