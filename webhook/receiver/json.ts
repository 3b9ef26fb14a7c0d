/** Reads JSON that others wrote: only an object's own fields are there, and a field of the wrong type, or an empty text, is a missing one. */
import { FairleadError } from "../../src/core/errors.ts";

/** Levels of objects and lists that a body may have. `JSON.parse` takes millions, but seconds for them. */
const deepest = 10_000;
/** Values that a body may have. Each takes forty bytes of memory and more: 20 MiB of `[],[],` would take a gibibyte. */
const mostValues = 2_000_000;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the error for a delivery that is authentic and malformed. `why` holds nothing of the delivery. */
export function malformed(why: string): FairleadError {
  return new FairleadError("input", `read delivery: ${why}`);
}

/** Returns the text that the bytes are in UTF-8. Throws `input` for any other: nothing is replaced by U+FFFD. */
export function readUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed("it is not UTF-8");
  }
}

/** Returns the one JSON object that the text, or the bytes in UTF-8, are. Throws `input`. */
export function readObject(json: string | Uint8Array): object {
  const bytes = typeof json === "string" ? Buffer.from(json) : json;
  const text = typeof json === "string" ? json : readUtf8(json);
  assertModest(bytes);
  const value = parse(text);
  if (!isObject(value)) throw malformed("it is not a JSON object");
  return value;
}

/** Returns the one JSON object that the text, or the bytes in UTF-8, are, or undefined when they are none. */
export function tryReadObject(json: string | Uint8Array): object | undefined {
  try {
    return readObject(json);
  } catch {
    return undefined;
  }
}

/** Returns the value at the path of field names, of any type. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), value);
}

/** Returns the text at the path. An empty one is none. */
export function text(value: unknown, ...path: readonly string[]): string | undefined {
  const found = field(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** Returns the list at the path. */
export function list(value: unknown, ...path: readonly string[]): readonly unknown[] | undefined {
  const found = field(value, ...path);
  return Array.isArray(found) ? found : undefined;
}

/** Returns the text at the path. Throws `input` when there is none. */
export function needText(value: unknown, ...path: readonly string[]): string {
  return text(value, ...path) ?? missing(path);
}

/** Returns the text at the path, which may be empty. Throws `input` when there is none. */
export function needTextOrEmpty(value: unknown, ...path: readonly string[]): string {
  const found = field(value, ...path);
  return typeof found === "string" ? found : missing(path);
}

/** Returns the list at the path. Throws `input` when there is none. */
export function needList(value: unknown, ...path: readonly string[]): readonly unknown[] {
  return list(value, ...path) ?? missing(path);
}

/** Returns the whole number at the path. Throws `input` when there is none. */
export function needInteger(value: unknown, ...path: readonly string[]): number {
  const found = field(value, ...path);
  return Number.isSafeInteger(found) ? (found as number) : missing(path);
}

/** Returns the boolean at the path. Throws `input` when there is none. */
export function needBoolean(value: unknown, ...path: readonly string[]): boolean {
  const found = field(value, ...path);
  return typeof found === "boolean" ? found : missing(path);
}

function missing(path: readonly string[]): never {
  throw malformed(`${path.join(".")} is missing`);
}

/** Tells whether a value is an object: neither null nor a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One byte-order mark before the text is no part of it: https://www.rfc-editor.org/rfc/rfc8259#section-8.1 */
function parse(text: string): unknown {
  try {
    return JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch {
    throw malformed("it is not JSON");
  }
}

const [quote, backslash, comma, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\,[]{}');

/**
 * Throws `input` for what would take long to parse, or much memory: it counts brackets and commas outside of strings, in UTF-8, where none of them is
 * a part of another letter. What is too short to have so many needs no look, which is nearly everything.
 */
function assertModest(json: Uint8Array): void {
  if (json.length <= 2 * deepest) return;
  let [depth, values, quoted] = [0, 0, false];
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) quoted = !quoted;
    else if (quoted && byte === backslash) at++;
    else if (quoted) continue;
    else if (byte === comma) values++;
    else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) depth--;
    if (depth > deepest + 1) throw malformed(`it is nested in more than ${deepest} levels`);
    if (values > mostValues) throw malformed(`it has more than ${mostValues} values`);
  }
}
