import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseImage, type ImageRef } from "../../../../src/core/image/image.ts";
import { findInManifest } from "../../../../src/core/deploy/manifest/find.ts";
import { loadManifests } from "../../../../src/core/deploy/manifest/load.ts";
import { hidesText, nameFinder } from "../../../../src/core/deploy/manifest/may-name.ts";
import { parseManifest, type BrokenManifest, type Manifest } from "../../../../src/core/deploy/manifest/parse.ts";
import { findPolicies } from "../../../../src/core/deploy/manifest/policies.ts";
import { lastPart } from "../../../../src/core/deploy/manifest/reference.ts";
import { parseSelector, type Selector } from "../../../../src/core/deploy/manifest/selector.ts";
import type { Tree } from "../../../../src/core/git/tree.ts";
import { namingFiles } from "./naming-yaml.ts";
import { folderTree, textTree } from "./trees.ts";

/** Returns everything that an edit would use, and everything that would stop it. */
async function summarize(
  manifests: readonly Manifest[],
  policies: ReadonlySet<string>,
  image: ImageRef,
  selector: Selector | undefined,
): Promise<readonly unknown[]> {
  const found = await Promise.all(manifests.map((manifest) => findInManifest(manifest, { image, others: [], selector, policies })));
  return found.flatMap(({ manifest, wanted, leftAlone, conflicts, warnings, count }) => {
    const places = [...wanted.values()].map(({ document, scalar, to }) => ({ document, start: scalar.start, to }));
    const isNothing = [...places, ...leftAlone, ...conflicts, ...warnings].length === 0;
    return isNothing ? [] : [{ path: manifest.path, places, leftAlone, conflicts, warnings, count }];
  });
}

/**
 * Returns the findings in the files that the editor parses, and those in all files, each with the files that need a
 * warning.
 */
async function findBoth(tree: Tree, image: ImageRef, selector?: Selector): Promise<Record<"some" | "all", readonly unknown[]>> {
  const [loaded] = await loadManifests(tree, [image], selector);
  const { manifests, broken, policies } = loaded!;
  const paths = (await Array.fromAsync(tree.list())).filter((path) => /\.ya?ml$|Kustomization$/.test(path) && !/(?:^|\/)\./.test(path));
  const words = selector === undefined ? [lastPart(image)] : [selector.kind, selector.name];
  const every: Manifest[] = [];
  const everyBroken: BrokenManifest[] = [];
  for (const path of paths.sort()) {
    const bytes = await tree.read(path);
    const parsed = await parseManifest(path, bytes);
    if ("documents" in parsed) every.push(parsed);
    else if (words.every((word) => Buffer.from(bytes).includes(word))) everyBroken.push(parsed);
  }
  return {
    some: [broken, ...(await summarize(manifests, policies, image, selector))],
    all: [everyBroken, ...(await summarize(every, findPolicies(every, image), image, selector))],
  };
}

const examples = process.env.CI === undefined ? 1_000 : 20_000;

test("an unparsed file never hides an edit or a warning, whatever the form and style of a name", async () => {
  let found = 0;
  const only = fc.constantFrom(undefined, undefined, parseSelector("Pod/x"), parseSelector("Pod/x#image"));
  await fc.assert(
    fc.asyncProperty(namingFiles, only, async ({ name, files }, selector) => {
      const { some, all } = await findBoth(textTree(files), parseImage(`${name}:2`), selector);
      if (all.length > 1) found++;
      expect(some).toEqual(all);
    }),
    { numRuns: examples },
  );
  expect(found).toBeGreaterThan(examples / 3);
}, 300_000);

test("an unparsed file of the corpus never hides an edit or a warning", async () => {
  const corpus = join(import.meta.dirname, "../../../fixtures/manifests");
  for (const name of readdirSync(corpus).filter((each) => /^\d/.test(each))) {
    const { image } = JSON.parse(readFileSync(join(corpus, name, "case.json"), "utf8")) as { readonly image: string };
    const { some, all } = await findBoth(folderTree(join(corpus, name, "before")), parseImage(image));
    expect(some, name).toEqual(all);
  }
});

const may = [
  "image: ghcr.io/acme/app",
  "'GHCR.io/acme/app@sha256:0'",
  "[oci://ghcr.io/acme/app,b]",
  "{registry: ghcr.io,repository: acme/app}",
];
const halves = ["registry: ghcr.io/acme\nimage: app\n"];
const cannot = [
  "image: ghcr.io/acme/app-worker:1\nlabels: {app: app}",
  "image: ghcr.io/acme/app/sidecar:1",
  "image: ghcr.io/acme/web:1\nlabels: {app: app}",
  "image: old-ghcr.io/acme/app:1",
  "image: acme/app:1",
];

test.each([...may, ...halves])("%j may name ghcr.io/acme/app", (text) => {
  expect(nameFinder(parseImage("ghcr.io/acme/app"))(text)).toBe(true);
});

test.each(cannot)("%j cannot name ghcr.io/acme/app", (text) => {
  expect(nameFinder(parseImage("ghcr.io/acme/app"))(text)).toBe(false);
});

test.each(["nginx", "library/nginx:1", "docker.io/nginx", "index.docker.io/library/nginx@sha256:0"])(
  "%j may name Docker Hub's nginx",
  (text) => {
    expect(nameFinder(parseImage("nginx"))(text)).toBe(true);
  },
);

test.each([
  [String.raw`"acme\x2fapp"`, true],
  [String.raw`"\u0061pp"`, true],
  [String.raw`"acme\/app"`, true],
  ['"acme/\\\r\n  app"', true],
  ["curl \\\n  --silent", false],
  [String.raw`"tab\t and \" quote"`, false],
])("hidesText of %j is %j", (text, expected) => {
  expect(hidesText(text)).toBe(expected);
});
