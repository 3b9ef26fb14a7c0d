import type { ImageRef } from "../image.ts";
import type { Tree } from "../tree.ts";
import { parseManifest, type BrokenManifest, type Manifest } from "./parse.ts";
import { findPolicies, markerWord } from "./policies.ts";
import { lastPart } from "./reference.ts";
import type { Selector } from "./selector.ts";

/** What of a tree an edit has to look at. */
export interface LoadedManifests {
  /** In the order of their paths. */
  readonly manifests: readonly Manifest[];
  /** Files that may hold a reference and cannot be read. */
  readonly broken: readonly BrokenManifest[];
  /** Policies of Flux's image automation that stand for the image's repository. */
  readonly policies: ReadonlySet<string>;
}

interface Source {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Files read at once: a tree may be a provider's API, where each is a request. */
const atOnce = 16;

/**
 * Reads and parses the files that can hold a reference. A file without the last part of the repository's name can hold only a
 * marked scalar, and with a selector only a file with the object's kind and name is asked.
 */
export async function loadManifests(tree: Tree, image: ImageRef, selector: Selector | undefined): Promise<LoadedManifests> {
  const word = lastPart(image);
  const sources = await readSources(tree, [word, markerWord, "ImagePolicy", ...(selector === undefined ? [] : [selector.name])]);
  const parsed = new Map<Source, Manifest | BrokenManifest>();
  const parseAll = (wanted: (source: Source) => boolean): readonly (Manifest | BrokenManifest)[] =>
    sources.filter(wanted).map((source) => {
      const manifest = parsed.get(source) ?? parseManifest(source.path, source.bytes);
      parsed.set(source, manifest);
      return manifest;
    });
  const hasMarkers = sources.some((source) => holds(source, markerWord));
  const related = hasMarkers ? parseAll((source) => holds(source, word) || holds(source, "ImagePolicy")) : [];
  const policies = findPolicies(related.filter(isRead), image);
  const searched = parseAll((source) =>
    selector === undefined
      ? holds(source, word) || [...policies].some((policy) => holds(source, `"${policy}:`))
      : holds(source, selector.kind) && holds(source, selector.name),
  );
  // A broken file is worth a word only where it may hold what is looked for.
  const mayRefer = new Set(sources.filter((source) => selector !== undefined || holds(source, word)).map(({ path }) => path));
  const broken = searched.filter((each): each is BrokenManifest => !isRead(each) && mayRefer.has(each.path));
  return { manifests: searched.filter(isRead), broken, policies };
}

function isRead(manifest: Manifest | BrokenManifest): manifest is Manifest {
  return "documents" in manifest;
}

/** Reads the YAML files in which one of the words occurs, in the order of their paths. */
async function readSources(tree: Tree, words: readonly string[]): Promise<readonly Source[]> {
  const paths: string[] = [];
  for await (const path of tree.list({ matching: isManifestPath, containing: words })) if (isManifestPath(path)) paths.push(path);
  paths.sort();
  const sources: Source[] = [];
  for (let at = 0; at < paths.length; at += atOnce) {
    const read = await Promise.all(paths.slice(at, at + atOnce).map(async (path) => ({ path, bytes: await tree.read(path) })));
    sources.push(...read.filter((source) => words.some((word) => holds(source, word))));
  }
  return sources;
}

/** YAML by its name, and neither hidden nor in a hidden folder. */
function isManifestPath(path: string): boolean {
  return /(?:\.ya?ml|(?:^|\/)Kustomization)$/.test(path) && !/(?:^|\/)\./.test(path);
}

function holds({ bytes }: Source, word: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(word);
}
