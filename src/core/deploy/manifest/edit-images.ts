import { neverStopped, paced, type Breathe } from "../../breathe.ts";
import { FairleadError } from "../../errors.ts";
import { formatImage, isDigest, isTag, unknownDigest, type ImageRef } from "../../image/image.ts";
import { treeBelow, type Tree } from "../../git/tree.ts";
import type { Splices } from "../../text/splice.ts";
import { editFile, type FileEdit, type ImageFindings, type ImagesChange } from "./edit-file.ts";
import { findInManifest } from "./find.ts";
import type { Findings } from "./findings.ts";
import { mostPlaces, shareOfWork, tooLarge } from "./limits.ts";
import { findJson, whyNoFolder } from "./look-further.ts";
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
  /** The replaced stretches of their text. */
  readonly splices: Splices;
  /** The files that refer to the images, changed or up to date. */
  readonly holding: readonly string[];
  /** In the order of file and place. Empty: all references are up to date. */
  readonly changes: readonly ImagesChange[];
  readonly warnings: readonly string[];
}

/**
 * Returns the edit that sets all references to the images' repositories, in all YAML files of a tree or of a folder of
 * it, to the image's tag and digest. It changes no byte beside those scalars. Paths are those of the whole tree. The
 * images must be of different repositories.
 * Throws `input` (no tag, bad selector), `not_found` (no reference), and `unsupported` (none that may be written, or
 * more than limits.ts allows).
 * Throws `conflict` for a digest that would stay, an anchor that others follow, or a number of references that is not
 * `expect`.
 * An error covers all images at once: an edit is whole or is not made.
 */
export async function editImages(tree: Tree, images: readonly ImageRef[], options: EditImageOptions = {}): Promise<ImagesEdit> {
  await checkEach(images, requireTag);
  const { folder = "", breathe = neverStopped } = options;
  const selector = options.only === undefined ? undefined : parseSelector(options.only);
  const loaded = await loadManifests(treeBelow(tree, folder), images, selector, breathe);
  const found: FoundImage[] = [];
  for (const [at, image] of images.entries()) found.push(await findImage(image, images, selector, loaded[at]!, breathe));
  await checkEach(found, ({ image, findings, broken, alike }) => {
    const folderOnly = treeBelow(tree, folder);
    const look = { alike, folder: () => whyNoFolder(tree, folder), unsearched: () => findJson(folderOnly, image) };
    return requireReferences(findings, image, options, broken, look);
  });
  requireFewPlaces(found);
  const edits = await editFiles(found, breathe);
  const inTree = (path: string): string => (folder === "" ? path : `${folder}/${path}`);
  return {
    files: new Map(edits.map(({ path, after }) => [inTree(path), after])),
    before: new Map(edits.map(({ path, before }) => [inTree(path), before])),
    splices: new Map(edits.map(({ path, splices }) => [inTree(path), splices])),
    holding: [...new Set(found.flatMap(pathsOf))].map(inTree).sort(),
    changes: edits.flatMap(({ changes }) => changes).map((change) => ({ ...change, file: inTree(change.file) })),
    warnings: [...new Set(found.flatMap(warningsOf))],
  };
}

async function editFiles(found: readonly FoundImage[], breathe: Breathe): Promise<readonly FileEdit[]> {
  const edits: FileEdit[] = [];
  const pace = paced(breathe, shareOfWork);
  for (const [manifest, inFile] of Map.groupBy(found.flatMap(byFile), ({ findings }) => findings.manifest)) {
    edits.push(await editFile(manifest, inFile, breathe));
    await pace(manifest.bytes.length);
  }
  return edits.filter(({ changes }) => changes.length > 0).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A change that nobody can read is refused before it is made. */
function requireFewPlaces(found: readonly FoundImage[]): void {
  const count = found.flatMap(({ findings }) => findings).reduce((sum, { wanted }) => sum + wanted.size, 0);
  if (count <= mostPlaces) return;
  const names = found.map(({ image }) => formatImage(image)).join(" and ");
  throw tooLarge(`set ${names}`, `${count} places have it, and one change may have ${mostPlaces}`);
}

interface FoundImage {
  readonly image: ImageRef;
  readonly findings: readonly Findings[];
  readonly broken: readonly string[];
  readonly alike: () => Promise<readonly Findings[]>;
}

async function findImage(
  image: ImageRef,
  images: readonly ImageRef[],
  selector: Selector | undefined,
  { manifests, broken, policies, alike }: LoadedManifests,
  breathe: Breathe,
): Promise<FoundImage> {
  const others = images.filter((other) => other !== image);
  const findIn = async (each: readonly Manifest[]): Promise<readonly Findings[]> => {
    const found: Findings[] = [];
    for (const manifest of each) found.push(await findInManifest(manifest, { image, others, selector, policies }, breathe));
    return found;
  };
  return {
    image,
    findings: await findIn(manifests),
    broken: broken.map(({ path, problem }) => `${path}: left alone: ${problem}`),
    alike: async () => findIn(await alike()),
  };
}

function byFile({ image, findings }: FoundImage): readonly ImageFindings[] {
  return findings.map((each) => ({ image, findings: each }));
}

function pathsOf({ findings }: FoundImage): readonly string[] {
  return findings.filter(({ wanted }) => wanted.size > 0).map(({ manifest }) => manifest.path);
}

function warningsOf({ broken, findings }: FoundImage): readonly string[] {
  return [...broken, ...findings.flatMap(({ leftAlone, warnings }) => [...leftAlone, ...warnings])];
}

/** Checks each item, and throws all problems as one error, with the code of the first. */
async function checkEach<T>(items: readonly T[], check: (item: T) => void | Promise<void>): Promise<void> {
  const failures: FairleadError[] = [];
  for (const item of items) {
    try {
      await check(item);
    } catch (error) {
      if (!(error instanceof FairleadError)) throw error;
      failures.push(error);
    }
  }
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
