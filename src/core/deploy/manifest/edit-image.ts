import { FairleadError } from "../../errors.ts";
import { formatImage, isDigest, isTag, unknownDigest, type ImageRef } from "../../image/image.ts";
import type { Tree } from "../../git/tree.ts";
import { findInManifest, type Findings, type WantedScalar } from "./find.ts";
import { loadManifests } from "./load.ts";
import { formatPlace } from "./node.ts";
import type { Manifest } from "./parse.ts";
import { proveEdit } from "./prove.ts";
import { readsAs, spliceScalar, spliceText } from "./scalar.ts";
import { requireReferences, type EditImageOptions } from "./require-references.ts";
import { parseSelector } from "./selector.ts";

/** One scalar that changes. `from` and `to` are its values, not its source. */
export type ManifestChange = {
  readonly file: string;
  /** The document's place in the file, from 0. */
  readonly document: number;
  /** Where the scalar itself stands: `spec.containers[0].image`. */
  readonly path: string;
  /** The line on which the scalar begins, from 1. */
  readonly line: number;
  readonly from: string;
  readonly to: string;
};

/** An edit that has been proven and not been written. */
export interface ManifestEdit {
  /** The changed files, whole. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The same files as they were. */
  readonly before: ReadonlyMap<string, Uint8Array>;
  /** By file and place. None: all references are up to date. */
  readonly changes: readonly ManifestChange[];
  readonly warnings: readonly string[];
}

/**
 * Returns the edit that sets each reference to the image's repository, in all YAML files of a tree, to its tag and digest, and changes
 * no byte beside those scalars. Throws `input` (no tag, bad selector), `not_found` (no reference), `unsupported` (none that may be
 * written) and `conflict` (a digest that would stay, an anchor that others follow, a number of references that is not `expect`).
 */
export async function editImage(tree: Tree, image: ImageRef, options: EditImageOptions = {}): Promise<ManifestEdit> {
  requireTag(image);
  const selector = options.only === undefined ? undefined : parseSelector(options.only);
  const { manifests, broken, policies, alike } = await loadManifests(tree, image, selector);
  const find = (manifest: Manifest): Findings => findInManifest(manifest, { image, selector, policies });
  const findings = manifests.map(find);
  const brokenFiles = broken.map(({ path, problem }) => `${path}: left alone: ${problem}`);
  requireReferences(findings, image, options, brokenFiles, () => alike().map(find));
  const edits = findings.map(edit).filter((each) => each.changes.length > 0);
  return {
    files: new Map(edits.map(({ findings: { manifest }, bytes }) => [manifest.path, bytes])),
    before: new Map(edits.map(({ findings: { manifest } }) => [manifest.path, manifest.bytes])),
    changes: edits.flatMap(({ changes }) => changes),
    warnings: [...brokenFiles, ...findings.flatMap(({ leftAlone, warnings }) => [...leftAlone, ...warnings])],
  };
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

interface FileEdit {
  readonly findings: Findings;
  readonly bytes: Uint8Array;
  readonly changes: readonly ManifestChange[];
}

function edit(findings: Findings): FileEdit {
  const { manifest } = findings;
  const changing = [...findings.wanted.values()]
    .filter(({ scalar, to }) => !readsAs(scalar, to))
    .sort((a, b) => a.scalar.start - b.scalar.start);
  if (changing.length === 0) return { findings, bytes: manifest.bytes, changes: [] };
  const splices = changing.map(({ scalar, to }) => spliceScalar(scalar, to, manifest.text));
  const bytes = Buffer.from(spliceText(manifest.text, splices));
  proveEdit(manifest, bytes, new Map(changing.map(({ scalar, to }) => [scalar, to])), splices);
  const change = ({ document, scalar, to }: WantedScalar): ManifestChange => ({
    file: manifest.path,
    document,
    path: formatPlace(scalar.place),
    line: manifest.line(scalar.start),
    from: scalar.text,
    to,
  });
  return { findings, bytes, changes: changing.map(change) };
}
