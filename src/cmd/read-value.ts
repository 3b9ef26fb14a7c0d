import { readFileSync } from "node:fs";
import { FairleadError } from "../core/errors.ts";
import { parseSecretReference } from "../core/secret.ts";
import { meantName } from "../core/text/suggest.ts";
import type { Flag } from "./flag.ts";

/**
 * Returns the value of a flag by its kind: a number for `int`, a checked reference for `secret`, references by name for
 * `secrets`.
 * Other kinds keep the text: the schema reads it. Throws `input`, never with a text that may be a secret.
 */
export function readValue(flag: Flag, given: readonly (string | boolean)[]): unknown {
  const [first] = given;
  switch (flag.kind) {
    case "int":
      return readInt(String(first));
    case "enum":
      return readChoice(flag.choices ?? [], String(first));
    case "secret":
      return readSecret(String(first));
    case "secrets":
      return readSecrets(given.map(String), flag.choices);
    case "list":
    case "key-values":
      return given;
    case "json":
      return readJson(String(first));
    case "boolean":
    case "string":
    case "duration":
    case "image":
    case "directory":
      return first;
  }
}

function readInt(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new FairleadError("input", `"${text}" is not a whole number`);
  return Number(text);
}

/** Returns inline JSON as it is, or the content of the named file: an object begins with a brace, and no path does. */
function readJson(text: string): string {
  if (text.trimStart().startsWith("{")) return text;
  try {
    return readFileSync(text, "utf8");
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw new FairleadError("input", `"${text}" is neither a JSON object nor a file that can be read (${code})`, { cause });
  }
}

function readChoice(choices: readonly string[], text: string): string {
  if (!choices.includes(text)) throw new FairleadError("input", `"${text}" is none of ${choices.join(", ")}`);
  return text;
}

function readSecret(text: string): string {
  try {
    parseSecretReference(text);
    return text;
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    throw new FairleadError("input", "it is not a reference to a secret", { hint: error.hint });
  }
}

function readSecrets(pairs: readonly string[], names: Flag["choices"]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const pair of pairs) {
    const [, name, reference] = /^([A-Za-z0-9_.-]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || reference === undefined) {
      throw new FairleadError("input", "it is not NAME=REFERENCE", { hint: "name the secret and where it is: NAME=env:VARIABLE" });
    }
    if (names?.includes(name) === false) throw new FairleadError("input", `there is no "${name}"`, { hint: meantName(name, names) });
    if (name === "__proto__") throw new FairleadError("input", `"${name}" cannot be a name`);
    if (Object.hasOwn(found, name)) throw new FairleadError("input", `"${name}" is given twice`);
    found[name] = readSecret(reference);
  }
  return found;
}
