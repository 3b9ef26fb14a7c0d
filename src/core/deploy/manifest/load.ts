import type { ImageRef } from "../../image/image.ts";
import type { Tree } from "../../git/tree.ts";
import { hidesText, hidingCharacter, nameFinder } from "./may-name.ts";
import { parseManifest, type BrokenManifest, type Manifest } from "./parse.ts";
import { findPolicies, markerWord } from "./policies.ts";
import { lastPart } from "./reference.ts";
import type { Selector } from "./selector.ts";
import { isSimpleYaml } from "./simple-yaml.ts";

/** The files of a tree that an edit of one image has to search. */
export interface LoadedManifests extends ParsedManifests {
  /** Policies of Flux's image automation for the image's repository. */
  readonly policies: ReadonlySet<string>;
  /** Returns the files to suggest names from if nothing was found: all with the last part of the name. */
  readonly alike: () => readonly Manifest[];
}

/** Files that were parsed, in the order of their paths. */
interface ParsedManifests {
  readonly manifests: readonly Manifest[];
  /** Files that may hold a reference and cannot be read. */
  readonly broken: readonly BrokenManifest[];
}

interface Source {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Contains all ASCII of the bytes, even if they are not UTF-8. */
  readonly text: string;
}

/** Tells whether a file belongs to a set. */
type Test = (source: Source) => boolean;

/** Files read at once: a tree may be a provider's API, where each is a request. */
const atOnce = 16;

/** Parses files for an image, each once. */
type Parser = (sources: readonly Source[], isNear: Test) => ParsedManifests;

/**
 * Reads the files that can hold a reference to one of the images, and parses them. Returns the files for each image, in
 * the images' order.
 * A file is read and parsed once, for all images.
 */
export async function loadManifests(
  tree: Tree,
  images: readonly ImageRef[],
  selector: Selector | undefined,
): Promise<readonly LoadedManifests[]> {
  const names = new Set(images.map(lastPart));
  const words = [...names, hidingCharacter, markerWord, "ImagePolicy", ...(selector === undefined ? [] : [selector.name])];
  const sources = await readSources(tree, words);
  const parse = parseOnce();
  return images.map((image) => loadImage(image, selector, sources, parse));
}

/**
 * Returns the files for one image, without those that cannot hold a reference to it.
 * - A file that does not name the repository can hold only a marked scalar.
 * - With a selector, only files with the object's kind and name are searched.
 * - A file that hides text is parsed to be sure.
 * - A file that has only the last part of the name is parsed for its problems, unless it is simple enough to have none.
 */
function loadImage(image: ImageRef, selector: Selector | undefined, sources: readonly Source[], parse: Parser): LoadedManifests {
  const last = lastPart(image);
  const mayName = nameFinder(image);
  const isNear: Test = ({ text }) =>
    selector === undefined ? text.includes(last) : text.includes(selector.kind) && text.includes(selector.name);
  const hasMarkers = sources.some(({ text }) => text.includes(markerWord));
  const related = sources.filter(({ text }) => hasMarkers && (text.includes("ImagePolicy") || mayName(text) || hidesText(text)));
  const policies = findPolicies(parse(related, isNear).manifests, image);
  const isMarked: Test = ({ text }) => selector === undefined && policies.values().some((policy) => text.includes(`"${policy}:`));
  const isAsked: Test = ({ text }) => selector !== undefined || mayName(text) || !isSimpleYaml(text);
  const searched = sources.filter((source) => (isNear(source) && isAsked(source)) || hidesText(source.text) || isMarked(source));
  return { ...parse(searched, isNear), policies, alike: () => parse(sources.filter(isNear), isNear).manifests };
}

/** A broken file is reported only if its text has the wanted words. */
function parseOnce(): Parser {
  const parsed = new Map<Source, Manifest | BrokenManifest>();
  return (sources, isNear) => {
    const manifests: Manifest[] = [];
    const broken: BrokenManifest[] = [];
    for (const source of sources) {
      const manifest = parsed.get(source) ?? parseManifest(source.path, source.bytes);
      parsed.set(source, manifest);
      if ("documents" in manifest) manifests.push(manifest);
      else if (isNear(source)) broken.push(manifest);
    }
    return { manifests, broken };
  };
}

/** Reads the YAML files that contain one of the words, in the order of their paths. */
async function readSources(tree: Tree, words: readonly string[]): Promise<readonly Source[]> {
  const paths: string[] = [];
  for await (const path of tree.list({ matching: isManifestPath, containing: words })) if (isManifestPath(path)) paths.push(path);
  paths.sort();
  const sources: Source[] = [];
  for (let at = 0; at < paths.length; at += atOnce) {
    const read = await Promise.all(paths.slice(at, at + atOnce).map(async (path) => readSource(path, await tree.read(path))));
    sources.push(...read.filter(({ text }) => words.some((word) => text.includes(word))));
  }
  return sources;
}

/** A YAML file by its name, that is not hidden and not in a hidden folder. */
function isManifestPath(path: string): boolean {
  return /(?:\.ya?ml|(?:^|\/)Kustomization)$/.test(path) && !/(?:^|\/)\./.test(path);
}

function readSource(path: string, bytes: Uint8Array): Source {
  return { path, bytes, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() };
}
