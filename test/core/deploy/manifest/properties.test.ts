import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { asFairleadError } from "../../../../src/core/errors.ts";
import { parseImage } from "../../../../src/core/image/image.ts";
import { editImage } from "../../../../src/core/deploy/manifest/edit-image.ts";
import { textTree } from "./trees.ts";
import { typedTags, yamlFile } from "./yaml-text.ts";

const plainTag = fc.constantFrom("1.4.3", "v2", "main-1a2b3c4-1755000000", "latest");
const anyTag = fc.oneof(plainTag, fc.constantFrom(...typedTags));
const randomTag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}$/);

/** Many in CI, few on a developer's machine; with FUZZ_MINUTES, as many as fit into the time. */
const minutes = Number(process.env.FUZZ_MINUTES ?? 0);
const examples = process.env.CI === undefined ? 300 : 10_000;
const runs =
  minutes > 0 ? { numRuns: Infinity, interruptAfterTimeLimit: minutes * 60_000, markInterruptAsFailure: false } : { numRuns: examples };
const patience = (minutes + 5) * 60_000;

async function set(text: string, tag: string): Promise<string> {
  const edit = await editImage(textTree({ "a.yaml": text }), parseImage(`ghcr.io/acme/app:${tag}`));
  return Buffer.from(edit.files.get("a.yaml") ?? Buffer.from(text)).toString();
}

test(
  "an edit of any file changes the tags of its references and no other byte",
  async () => {
    await fc.assert(
      fc.asyncProperty(yamlFile, anyTag, async (render, tag) => {
        expect(await set(render("1.4.2"), tag)).toBe(render(tag));
      }),
      runs,
    );
  },
  patience,
);

test.each(["1.1", "1.2"] as const)(
  "YAML %s reads the edited file like the old one, except the tags, which are text",
  async (version) => {
    const read = (text: string): unknown =>
      parseAllDocuments(text, { version, uniqueKeys: false }).map((each) => each.toJS({ maxAliasCount: -1 }) as unknown);
    await fc.assert(
      fc.asyncProperty(yamlFile, randomTag, async (render, tag) => {
        const before = render("1.4.2");
        const wanted = replaceTexts(read(before), { "1.4.2": tag, "ghcr.io/acme/app:1.4.2": `ghcr.io/acme/app:${tag}` });
        expect(read(await set(before, tag))).toEqual(wanted);
      }),
      runs,
    );
  },
  patience,
);

/** Returns a value with some of the texts in it replaced. */
function replaceTexts(value: unknown, texts: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return Object.hasOwn(texts, value) ? texts[value] : value;
  if (Array.isArray(value)) return value.map((each) => replaceTexts(each, texts));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaceTexts(each, texts)]));
}

test("a second edit finds nothing to change", async () => {
  await fc.assert(
    fc.asyncProperty(yamlFile, anyTag, async (render, tag) => {
      const image = parseImage(`ghcr.io/acme/app:${tag}`);
      expect((await editImage(textTree({ "a.yaml": await set(render("1.4.2"), tag) }), image)).changes).toEqual([]);
    }),
  );
});

test("an edit back restores the bytes if no quotes had to be added", async () => {
  await fc.assert(
    fc.asyncProperty(yamlFile, plainTag, async (render, tag) => {
      const original = render("1.4.2");
      expect(await set(await set(original, tag), "1.4.2")).toBe(original);
    }),
  );
});

test("a damaged file is edited, refused or left alone, but never edited wrongly and never a crash", async () => {
  const corpus = join(import.meta.dirname, "../../../fixtures/manifests");
  const texts = readdirSync(corpus, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name) && entry.parentPath.includes("before"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
  const damage = fc.record({
    text: fc.constantFrom(...texts),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(4),
    insert: fc.constantFrom(
      "",
      " ",
      "\n",
      ":",
      "- ",
      "&a ",
      "*a",
      "<<: ",
      "{",
      "}",
      "[",
      '"',
      "'",
      "#",
      "|\n",
      "!!int ",
      "\t",
      "🚚",
      "---\n",
      "? ",
    ),
  });
  await fc.assert(
    fc.asyncProperty(damage, fc.constantFrom("", `@sha256:${"1".repeat(64)}`), async ({ text, at, cut, insert }, digest) => {
      const place = Math.floor(at * text.length);
      const damaged = text.slice(0, place) + insert + text.slice(place + cut);
      const error = await editImage(textTree({ "a.yaml": damaged }), parseImage(`ghcr.io/acme/app:1.20${digest}`)).then(
        () => undefined,
        (thrown: unknown) => asFairleadError(thrown),
      );
      expect(["not_found", "unsupported", "conflict", undefined]).toContain(error?.code);
    }),
    { numRuns: 300 },
  );
});
