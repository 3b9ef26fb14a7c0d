import fc from "fast-check";

/** A piece of YAML, rendered with a tag: as it was before an edit, or as it must be after it. */
type Render = (tag: string, indent: string) => readonly string[];

const repository = "ghcr.io/acme/app";
const word = fc.constantFrom("alpha", "beta-2", "größe", "前端", "d_e", "🚚");
const filler = fc.constantFrom(
  "plain text",
  `"double \\" and \\u00e4"`,
  `'single '' one'`,
  "1.20",
  "~",
  "[a, {b: c}]",
  `"ghcr.io/acme/app:1.0"`,
  "ghcr.io/acme/app-worker:2",
);
const comment = fc.constantFrom("", "", "", " # plain words", "\t# image: ghcr.io/acme/app:1", `  # {"$imagepolicy": "flux-system:app"}`);
/** A bare marker makes any line that names the image a reference. */
const unmarked = comment.filter((text) => !text.includes("$imagepolicy"));
const quote = fc.constantFrom("", `"`, `'`);
const gap = fc.constantFrom(" ", " ", "   ");

/** Tags that YAML 1.1 or 1.2 does not read as text. */
export const typedTags = ["1.20", "12e4567", "0755", "yes", "1_000", "2026-08-21", "null"];

/** A plain tag is quoted if it must be; in a longer text it never must. */
function quoted(tag: string, mark: string): string {
  return mark === "" && typedTags.includes(tag) ? `"${tag}"` : `${mark}${tag}${mark}`;
}

const imageString: fc.Arbitrary<Render> = fc
  .record({ key: fc.constantFrom("image", "migrationImage"), mark: quote, note: comment, space: gap, anchor: fc.boolean() })
  .map(({ key, mark, note, space, anchor }) => (tag, indent) => [
    `${indent}${key}:${space}${anchor ? "&same " : ""}${mark}${repository}:${tag}${mark}${note}`,
  ]);

const folded: fc.Arbitrary<Render> = fc
  .record({ header: fc.constantFrom(">-", "|-"), deeper: fc.constantFrom("  ", "     "), note: comment })
  .map(({ header, deeper, note }) => (tag, indent) => [`${indent}image: ${header}${note}`, `${indent}${deeper}${repository}:${tag}`]);

const imageMap: fc.Arbitrary<Render> = fc
  .record({ mark: quote, note: comment, isFlow: fc.boolean(), key: fc.constantFrom("tag", "version") })
  .map(
    ({ mark, note, isFlow, key }) =>
      (tag, indent) =>
        isFlow
          ? [`${indent}image: { ${key}: ${quoted(tag, mark)} ,registry: ghcr.io, repository: "acme/app"}${note}`]
          : [`${indent}image:${note}`, `${indent}  repository: ${repository}`, `${indent}  ${key}:  ${quoted(tag, mark)}${note}`],
  );

const entry: fc.Arbitrary<Render> = fc
  .record({ mark: quote, note: comment })
  .map(({ mark, note }) => (tag, indent) => [
    `${indent}images:`,
    `${indent}- newTag: ${quoted(tag, mark)}${note}`,
    `${indent}  name: ${repository}`,
    `${indent}- {name: other, newTag: "1"}`,
  ]);

const marked: fc.Arbitrary<Render> = fc
  .record({ key: fc.constantFrom("value", "env", "baseimage"), mark: quote })
  .map(({ key, mark }) => (tag, indent) => [`${indent}${key}: ${mark}${repository}:${tag}${mark} # {"$imagepolicy": "flux-system:app"}`]);

const other: fc.Arbitrary<Render> = fc.oneof(
  fc.record({ value: filler, note: unmarked }).map(({ value, note }): Render => (_tag, indent) => [`${indent}key: ${value}${note}`]),
  fc.constant<Render>((_tag, indent) => [`${indent}text: |+`, `${indent}  image: ghcr.io/acme/app:1.0  `, "", `${indent}  \tend`, ""]),
  fc.constant<Render>((_tag, indent) => ["", `${indent}# image: ghcr.io/acme/app:1.0`, `${indent}empty:`]),
);

const { block } = fc.letrec<{ block: Render; nested: Render }>((tie) => ({
  nested: fc
    .record({ name: word, inner: tie("block"), isList: fc.boolean() })
    .map(({ name, inner, isList }) => (tag, indent) => [
      `${indent}${name}:`,
      ...(isList ? [`${indent}  -`, ...inner(tag, `${indent}    `)] : inner(tag, `${indent}  `)),
    ]),
  block: fc
    .uniqueArray(
      fc.record({ name: fc.nat(30), part: fc.oneof({ maxDepth: 3 }, other, imageString, folded, imageMap, entry, marked, tie("nested")) }),
      {
        selector: ({ name }) => name,
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((parts) => (tag, indent) => parts.flatMap(({ name, part }) => [`${indent}part-${name}:`, ...part(tag, `${indent}  `)])),
}));

/** A file: its text with a tag in every reference, and its text with another tag. */
export const yamlFile: fc.Arbitrary<(tag: string) => string> = fc
  .record({
    documents: fc.array(block, { minLength: 1, maxLength: 3 }),
    mark: fc.constantFrom("", "\uFEFF"),
    lineEnd: fc.constantFrom("\n", "\r\n"),
    header: fc.constantFrom([], ["---"], ["# app, größer 🚚", "---"], ["%YAML 1.1", "---"]),
    end: fc.boolean(),
  })
  .map(({ documents, mark, lineEnd, header, end }) => (tag) => {
    const separated = documents.flatMap((document, index) => [...(index === 0 ? header : ["---", "# app", "---"]), ...document(tag, "")]);
    // The last line is a reference, so that a file without a line end ends in one.
    const lines = [...separated, `lastImage: ${repository}:${tag}`];
    return `${mark}${lines.join(lineEnd)}${end ? lineEnd : ""}`;
  });
