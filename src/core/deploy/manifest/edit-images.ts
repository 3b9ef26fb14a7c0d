import { FairleadError } from "../../errors.ts";
import { formatImage, isDigest, isTag, unknownDigest, type ImageRef } from "../../image/image.ts";
import { treeBelow, type Tree } from "../../git/tree.ts";
import { editFile, type ImageFindings, type ImagesChange } from "./edit-file.ts";
import { findInManifest } from "./find.ts";
import type { Findings } from "./findings.ts";
import { loadManifests, type LoadedManifests } from "./load.ts";
import type { Manifest } from "./parse.ts";
import { requireReferences, type EditImageOptions } from "./require-references.ts";
import { parseSelector, type Selector } from "./selector.ts";

/** A proven edit of several images that is not written yet. */
export interface ImagesEdit {
  /** The changed files, whole. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The same files as they were. */
  readonly before: ReadonlyMap<string, Uint8Array>;
  /** In the order of file and place. Empty: all references are up to date. */
  readonly changes: readonly ImagesChange[];
  readonly warnings: readonly string[];
}

/**
 * Returns the edit that sets all references to the images' repositories, in all YAML files of a tree or of a folder of
 * it, to the image's tag and digest. It changes no byte beside those scalars. Paths are those of the whole tree. The
 * images must be of different repositories.
 * Throws `input` (no tag, bad selector), `not_found` (no reference), and `unsupported` (none that may be written).
 * Throws `conflict` for a digest that would stay, an anchor that others follow, or a number of references that is not
 * `expect`.
 * An error covers all images at once: an edit is whole or is not made.
 */
export async function editImages(tree: Tree, images: readonly ImageRef[], options: EditImageOptions = {}): Promise<ImagesEdit> {
  checkEach(images, requireTag);
  const { folder = "" } = options;
  const selector = options.only === undefined ? undefined : parseSelector(options.only);
  const loaded = await loadManifests(treeBelow(tree, folder), images, selector);
  const found = images.map((image, at) => findImage(image, images, selector, loaded[at]!));
  checkEach(found, ({ image, findings, broken, alike }) => requireReferences(findings, image, options, broken, alike));
  const edits = [...Map.groupBy(found.flatMap(byFile), ({ findings }) => findings.manifest)]
    .map(([manifest, inFile]) => editFile(manifest, inFile))
    .filter(({ changes }) => changes.length > 0)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const inTree = (path: string): string => (folder === "" ? path : `${folder}/${path}`);
  return {
    files: new Map(edits.map(({ path, after }) => [inTree(path), after])),
    before: new Map(edits.map(({ path, before }) => [inTree(path), before])),
    changes: edits.flatMap(({ changes }) => changes).map((change) => ({ ...change, file: inTree(change.file) })),
    warnings: [...new Set(found.flatMap(warningsOf))],
  };
}

interface FoundImage {
  readonly image: ImageRef;
  readonly findings: readonly Findings[];
  readonly broken: readonly string[];
  readonly alike: () => readonly Findings[];
}

function findImage(
  image: ImageRef,
  images: readonly ImageRef[],
  selector: Selector | undefined,
  { manifests, broken, policies, alike }: LoadedManifests,
): FoundImage {
  const others = images.filter((other) => other !== image);
  const find = (manifest: Manifest): Findings => findInManifest(manifest, { image, others, selector, policies });
  return {
    image,
    findings: manifests.map(find),
    broken: broken.map(({ path, problem }) => `${path}: left alone: ${problem}`),
    alike: () => alike().map(find),
  };
}

function byFile({ image, findings }: FoundImage): readonly ImageFindings[] {
  return findings.map((each) => ({ image, findings: each }));
}

function warningsOf({ broken, findings }: FoundImage): readonly string[] {
  return [...broken, ...findings.flatMap(({ leftAlone, warnings }) => [...leftAlone, ...warnings])];
}

/** Checks each item, and throws all problems as one error, with the code of the first. */
function checkEach<T>(items: readonly T[], check: (item: T) => void): void {
  const failures = items.flatMap((item) => {
    try {
      check(item);
      return [];
    } catch (error) {
      if (error instanceof FairleadError) return [error];
      throw error;
    }
  });
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const hints = [...new Set(failures.flatMap(({ hint }) => hint ?? []))];
  throw new FairleadError(first.code, failures.map(({ message }) => message).join("; "), { hint: hints.join("; ") || undefined });
}

function requireTag(image: ImageRef): void {
  const { tag, digest } = image;
  const wrong = (why: string): FairleadError =>
    new FairleadError("input", `read image reference "${formatImage(image)}": ${why}`, {
      hint: "give repository:tag, or repository:tag@sha256:…",
    });
  if (tag === undefined) throw wrong("it has no tag");
  if (!isTag(tag)) throw wrong("its tag is none that a registry would take");
  if (digest !== undefined && digest !== unknownDigest && !isDigest(digest))
    throw wrong("a digest is sha256: and 64 lower-case hex digits");
}
