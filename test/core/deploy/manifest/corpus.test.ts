import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { asFairleadError } from "../../../../src/core/errors.ts";
import { parseImage } from "../../../../src/core/image/image.ts";
import { editImage, type ManifestChange, type ManifestEdit } from "../../../../src/core/deploy/manifest/edit-image.ts";
import { folderTree } from "./trees.ts";

const corpus = join(import.meta.dirname, "../../../fixtures/manifests");

/** One case.json, as the corpus's README.md describes it. */
interface Case {
  readonly title: string;
  readonly image: string;
  readonly only?: string;
  readonly expect: { readonly changes: readonly ManifestChange[] } | { readonly error: string; readonly message_contains: string };
  readonly warnings?: readonly string[];
}

describe("the corpus of manifests", async () => {
  const names = readdirSync(corpus).filter((name) => /^\d/.test(name));
  const cases = await Promise.all(
    names.map(async (name) => ({ name, ...(JSON.parse(await readFile(join(corpus, name, "case.json"), "utf8")) as Case) })),
  );

  test("the corpus of manifests has all its cases", () => {
    expect(cases).toHaveLength(46);
  });

  test.each(cases)("corpus case $name: $title", async ({ name, image, only, expect: expected, warnings = [] }) => {
    const before = join(corpus, name, "before");
    const after = await filesOf(join(corpus, name, "after"));
    const run = async (): Promise<ManifestEdit> => await editImage(folderTree(before), parseImage(image), { only });
    if ("error" in expected) {
      const error = asFairleadError(await run().catch((thrown: unknown) => thrown));
      expect(error.code).toBe(expected.error);
      expect(error.message.toLowerCase()).toContain(expected.message_contains.toLowerCase());
      expect(await filesOf(before)).toEqual(after);
      return;
    }
    const edit = await run();
    expect(bySource(edit.changes)).toEqual(bySource(expected.changes));
    expect(new Map([...(await filesOf(before)), ...hexOf(edit.files)])).toEqual(after);
    for (const warning of warnings)
      expect(edit.warnings.map((each) => each.toLowerCase())).toContainEqual(expect.stringContaining(warning.toLowerCase()));
  });
});

async function filesOf(folder: string): Promise<Map<string, string>> {
  const tree = folderTree(folder);
  const files = new Map<string, Uint8Array>();
  for await (const path of tree.list()) files.set(path, await tree.read(path));
  return hexOf(files);
}

/** Returns bytes as text in which every one of them shows in a failure's diff. */
function hexOf(files: ReadonlyMap<string, Uint8Array>): Map<string, string> {
  return new Map([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString("latin1")]));
}

function bySource(changes: readonly ManifestChange[]): readonly ManifestChange[] {
  return changes.toSorted((a, b) => `${a.file} ${a.document} ${a.path}`.localeCompare(`${b.file} ${b.document} ${b.path}`));
}
