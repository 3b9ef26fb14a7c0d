/** Changes to JSON that others may send, as text: some of them no value in memory could hold. */

/** What a value is replaced by, given its text. `undefined`: the field is removed. */
export const replacements: Readonly<Record<string, (text: string, name: string) => string | undefined>> = {
  removed: () => undefined,
  null: () => "null",
  true: () => "true",
  zero: () => "0",
  negative: () => "-1.5",
  enormous: () => "1e999",
  "a number without end": () => "9".repeat(20_000),
  "a number as text": () => '"7"',
  "empty text": () => '""',
  "empty list": () => "[]",
  "empty object": () => "{}",
  "in a list": (text) => `[${text}]`,
  "in an object": (text) => `{"value":${text}}`,
  constructor: () => '"constructor"',
  "a name of the prototype": () => '"__proto__"',
  prototypes: (text) => `{"__proto__":${text},"constructor":${text},"hasOwnProperty":null,"toString":1}`,
  "deep list": () => `${"[".repeat(9_000)}${"]".repeat(9_000)}`,
  "deep object": () => `${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`,
  "long text": () => `"${"x".repeat(20_000)}"`,
  "long list": () => `[${"null,".repeat(5_000)}null]`,
  "lone surrogate": () => String.raw`"refs/heads/\ud800"`,
  "control characters": () => String.raw`"\u0000\r\n\u001b[31m\u2028"`,
  "a path out": () => '"refs/heads/../../../etc/passwd"',
  "an option": () => '"--upload-pack=touch /tmp/x"',
  "zero hash": () => `"${"0".repeat(40)}"`,
  "a colon": () => '":"',
  "an address": () => '"https://user:pass@evil.example:8443/"',
  "twice, the last null": (text, name) => `${text},${JSON.stringify(name)}:null`,
  "twice, the first null": (text, name) => `null,${JSON.stringify(name)}:${text}`,
};

const placeholder = "«here»";

/** Returns where the fields of a value are, at every depth: names, and indexes of lists, from the top. */
export function fieldsOf(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => [[...at, name], ...fieldsOf(child, [...at, name])]);
}

/** Returns the JSON text of a value in which the field at a path is replaced. */
export function replaceField(value: unknown, path: readonly string[], replace: (text: string, name: string) => string | undefined): string {
  const copy = structuredClone(value);
  const parent = path.slice(0, -1).reduce((at, name) => (at as Record<string, unknown>)[name], copy) as Record<string, unknown>;
  const name = path.at(-1)!;
  const text = replace(JSON.stringify(parent[name]), name);
  if (text === undefined) {
    if (Array.isArray(parent)) parent.splice(Number(name), 1);
    else Reflect.deleteProperty(parent, name);
    return JSON.stringify(copy);
  }
  parent[name] = placeholder;
  // In a list there are no names, so that what would come twice is left as it is.
  return JSON.stringify(copy).replace(`"${placeholder}"`, () =>
    Array.isArray(parent) && text.includes(`,${JSON.stringify(name)}:`) ? "null" : text,
  );
}

/** What can be wrong with a whole body. */
export const damages: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  empty: () => Buffer.alloc(0),
  blank: () => Buffer.from(" \n "),
  "a list": (body) => Buffer.concat([Buffer.from("["), body, Buffer.from("]")]),
  null: () => Buffer.from("null"),
  "cut in the middle": (body) => body.subarray(0, body.length / 2),
  "followed by a brace": (body) => Buffer.concat([body, Buffer.from("}")]),
  "followed by itself": (body) => Buffer.concat([body, body]),
  "begun by two byte order marks": (body) => Buffer.concat([Buffer.from("\uFEFF\uFEFF"), body]),
  "ended by a byte order mark": (body) => Buffer.concat([body, Buffer.from("\uFEFF")]),
  "with a byte that is not UTF-8": (body) => Buffer.concat([body.subarray(0, -1), Buffer.from(',"x":"\xff"}', "latin1")]),
  "an overlong slash": (body) => Buffer.concat([body.subarray(0, -1), Buffer.from([0x2c, 0xc0, 0xaf, 0x7d])]),
  "in UTF-16": (body) => Buffer.from(body.toString(), "utf16le"),
  compressed: () => Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0]),
  "a bomb of lists": () => Buffer.from("[".repeat(500_000)),
  "a bomb of objects": () => Buffer.from(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
};
