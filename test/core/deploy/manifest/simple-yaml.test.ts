import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deploymentFile } from "../../../../bench/set-image.ts";
import { parseManifest } from "../../../../src/core/deploy/manifest/parse.ts";
import { isSimpleYaml } from "../../../../src/core/deploy/manifest/simple-yaml.ts";

const corpus = join(import.meta.dirname, "../../../fixtures/manifests");
const corpusTexts = readdirSync(corpus, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name) && entry.parentPath.includes("before"))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
const ordinary = [deploymentFile(7, "ghcr.io/acme/web", "1.0"), "kind: Kustomization\nresources:\n  - deployment.yaml\n"];

const examples = process.env.CI === undefined ? 2_000 : 20_000;

/** Returns the problem that the real parser finds: undefined if it reads the text and finds no key twice. */
async function problemOf(text: string): Promise<string | undefined> {
  const manifest = await parseManifest("a.yaml", Buffer.from(text));
  if ("problem" in manifest) return manifest.problem;
  return manifest.documents.find(({ duplicate }) => duplicate !== undefined)?.duplicate;
}

const edges = [
  "",
  " ",
  "  ",
  "#",
  " # c",
  ":",
  ": ",
  "-",
  "- ",
  ",",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  "\\",
  "\t",
  "\r",
  "\n",
  "|",
  ">-",
  "&a ",
  "*a",
];
const moreEdges = [
  "!!str ",
  "? ",
  "<<: ",
  "%",
  "@",
  "`",
  "~",
  "---",
  "...",
  "{{ x }}",
  "\uFEFF",
  "\u00A0",
  "\u2028",
  "\u0085",
  "\uFFFD",
  "é",
  "🚚",
  "\0",
];
const edge = fc.constantFrom(...edges, ...moreEdges);

const name = fc.constantFrom("a", "b", "c", "d", "e", "app.kubernetes.io/name", "a-", "null", "yes", "1", "01", "2026-08-21", "__proto__");
const oddName = fc.constantFrom(
  "<<",
  "~",
  '"a"',
  "'b'",
  "a b",
  "-a",
  "--- a",
  "? a",
  "{{ a }}",
  "{a: b}",
  "[a]",
  "*a",
  "&a b",
  "a:b",
  "x".repeat(1100),
);
const word = fc.constantFrom(
  "app",
  "1.20",
  "0x1f",
  "~",
  "null",
  "yes",
  "2026-08-21",
  "2026-08-21T10:00:00Z",
  "12:30",
  "a:b",
  "a#b",
  "--flag=x",
  "-1",
);
const text = fc.constantFrom(
  "two words",
  "a, b",
  "(a) [b] {c}",
  'it is "so"',
  "http://x.example/?a=b&c",
  "$(A)",
  "/etc/a",
  "größe",
  "a - b",
  "a ? b",
  ".",
  "...",
);
const odd = fc.constantFrom(
  "-",
  "- a",
  "---",
  "a: b",
  "a:",
  ": a",
  ":a",
  "a :b",
  "# c",
  "a #b",
  "<<",
  "{{ .x }}",
  "{{ .x }}/app",
  "|",
  ">-",
  "&a b",
  "*a",
  "!!int 1",
  "%a",
  "?",
);
const mark = fc.constantFrom('"', "'", "");

/** A scalar, mostly one that may stand between brackets. */
const scalar: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: word },
  { weight: 3, arbitrary: text },
  { weight: 3, arbitrary: fc.record({ inner: fc.oneof(word, text, odd), mark }).map(({ inner, mark }) => `${mark}${inner}${mark}`) },
  { weight: 1, arbitrary: fc.array(edge, { maxLength: 4 }).map((parts) => parts.join("")) },
);
const comma = fc.constantFrom(",", ", ", " ,", ", ", ", , ");
const flow = fc
  .record({
    items: fc.array(fc.record({ name, scalar, colon: fc.constantFrom(": ", ": ", ": ", ":", " : ") }), { maxLength: 3 }),
    comma,
    isMap: fc.boolean(),
  })
  .map(({ items, comma, isMap }) => {
    const parts = items.map(({ name, scalar, colon }) => (isMap ? `${name}${colon}${scalar}` : scalar)).join(comma);
    return isMap ? `{ ${parts} }` : `[${parts}]`;
  });
const value = fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 2, arbitrary: flow }, { weight: 3, arbitrary: fc.constant("") });
const end = fc.oneof({ weight: 12, arbitrary: fc.constantFrom("", " # c", "  ", " #") }, edge, fc.constant("#c"));
const line = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .record({
        indent: fc.constantFrom("", "", "", "  ", "  ", "    ", " "),
        dash: fc.constantFrom("", "", "", "", "- ", "-   "),
        name: fc.oneof({ weight: 30, arbitrary: name }, oddName),
        colon: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(": ", ": ", ":  ") }, fc.constantFrom(":", " : ", ":\t", "")),
        value,
        end,
      })
      .map(({ indent, dash, name, colon, value, end }) => `${indent}${dash}${name}${colon}${value}${end}`),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ indent: fc.constantFrom("", "  ", "    ", " "), dash: fc.constantFrom("- ", "- ", "- ", "-", "- - ", "-\t"), scalar, end })
      .map(({ indent, dash, scalar, end }) => `${indent}${dash}${scalar}${end}`),
  },
  { weight: 3, arbitrary: fc.constantFrom("---", "--- # c", "", "   ", "# c", "   # c", " #") },
  fc.constantFrom(
    "--- a",
    "--- |",
    "...",
    "%YAML 1.1",
    "<<<<<<< HEAD",
    "=======",
    ">>>>>>> x",
    "{{- if .x }}",
    "text",
    "\t",
    "  \t# c",
    "? a",
    ": b",
  ),
);
const lineEnd = fc.oneof(
  { weight: 30, arbitrary: fc.constant("\n") },
  { weight: 5, arbitrary: fc.constant("\r\n") },
  fc.constantFrom("\r", "\n\n", "\u2028"),
);
const written = fc.array(fc.tuple(line, lineEnd), { minLength: 1, maxLength: 5 }).map((lines) => lines.flat().join(""));

const damaged = fc
  .record({
    text: fc.constantFrom(...corpusTexts, ...ordinary, ...ordinary),
    damages: fc.array(fc.record({ at: fc.nat(100_000), cut: fc.nat(4), insert: fc.oneof(edge, line, lineEnd) }), {
      minLength: 1,
      maxLength: 2,
    }),
  })
  .map(({ text, damages }) =>
    damages.reduce((text, { at, cut, insert }) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + insert + text.slice(place + cut);
    }, text),
  );

test.each([
  ["made of pieces near the edge", written],
  ["damaged a little", damaged],
] as const)(
  "the parser reads every text that is called simple, without a duplicate key: texts %s",
  async (_, texts) => {
    let simple = 0;
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        if (!isSimpleYaml(text)) return;
        simple++;
        expect(await problemOf(text)).toBeUndefined();
      }),
      { numRuns: examples },
    );
    expect(simple).toBeGreaterThan(examples / 20);
  },
  300_000,
);

test("ordinary manifests are called simple, and so is most of the corpus", () => {
  expect(ordinary.map(isSimpleYaml)).toEqual([true, true]);
  expect(corpusTexts.filter(isSimpleYaml).length).toBeGreaterThan(corpusTexts.length * 0.7);
});

test.each([
  ["a:\r\n- b: 1\r\n  c: 2\r\n- --flag=x # c\r\nd: {}\r\n"],
  ["# größe\n---\n  a:\n    - b\n  c: [x, 'y, z'] \n---\na: {b: c, d: \"e: f, b: g\"}"],
])("%j is simple", (text) => {
  expect(isSimpleYaml(text)).toBe(true);
});

test.each([
  ["a key twice", "a: 1\nb: 2\na: 3\n"],
  ["a key twice in brackets", "a: {b: 1, c: 2, b: 3}\n"],
  ["a key twice in an item", "- a: 1\n  a: 2\n"],
  ["an entry in a column of its own", "a:\n    b: 1\n  c: 2\n"],
  ["an entry below a value", "a: 1\n  b: 2\n"],
  ["a list in the column of a map whose keys have values", "a: 1\n- b\n"],
  ["a list that ends in a map", "- a\nb: 1\n"],
  ["a template's action", "a: {{ .b }}\n"],
  ["a conflict marker", "<<<<<<< HEAD\na: 1\n"],
  ["a colon in a plain value", "a: b: c\n"],
  ["an escape", 'a: "\\q"\n'],
  ["a tab", "a:\tb\n"],
  ["a carriage return that ends no line", "a: 1\rb: 2\n"],
  ["a byte order mark", "\uFEFFa: 1\n"],
  ["bytes that are not UTF-8", Buffer.from("# größe\n", "latin1").toString()],
  ["maps nested too deep", Array.from({ length: 5_000 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")],
  ["a key too long", `${"a".repeat(1_025)}: 1\n`],
])("%s is not simple", (_, text) => {
  expect(isSimpleYaml(text)).toBe(false);
});
