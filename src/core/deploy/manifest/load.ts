import { neverStopped, paced, type Breathe, type Pace } from "../../breathe.ts";
import type { ImageRef } from "../../image/image.ts";
import type { Tree } from "../../git/tree.ts";
import { largestFile, mostBytes, shareOfWork, tooLarge } from "./limits.ts";
import { hidesText, hidingCharacter, nameFinder } from "./may-name.ts";
import { parseManifest, utf16Of, type BrokenManifest, type Manifest } from "./parse.ts";
import { findPolicies, markerWord } from "./policies.ts";
import { lastPart } from "./reference.ts";
import type { Selector } from "./selector.ts";
import { isSimpleYaml } from "./simple-yaml.ts";

/** The files of a tree that an edit of one image has to search. */
export interface LoadedManifests extends ParsedManifests {
  /** Policies of Flux's image automation for the image's repository. */
  readonly policies: ReadonlySet<string>;
  /** Returns the files to suggest names from if nothing was found: all with the last part of the name. */
  readonly alike: () => Promise<readonly Manifest[]>;
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
type Parser = (sources: readonly Source[], isNear: Test) => Promise<ParsedManifests>;

/**
 * Reads the files that can hold a reference to one of the images, and parses them. Returns the files for each image, in
 * the images' order.
 * A file is read and parsed once, for all images.
 */
export async function loadManifests(
  tree: Tree,
  images: readonly ImageRef[],
  selector: Selector | undefined,
  breathe = neverStopped,
): Promise<readonly LoadedManifests[]> {
  const names = new Set(images.map(lastPart));
  const asked = [...names, ...(selector === undefined ? [] : [selector.name])];
  const words = [...asked, ...asked.map(inUtf16), hidingCharacter, markerWord, "ImagePolicy"];
  const sources = await readSources(tree, words, paced(breathe, shareOfWork));
  const parse = parseOnce(breathe);
  const loaded: LoadedManifests[] = [];
  for (const image of images) loaded.push(await loadImage(image, selector, sources, parse));
  return loaded;
}

/**
 * Returns the files for one image, without those that cannot hold a reference to it.
 * - A file that does not name the repository can hold only a marked scalar.
 * - With a selector, only files with the object's kind and name are searched.
 * - A file that hides text is parsed to be sure.
 * - A file that has only the last part of the name is parsed for its problems, unless it is simple enough to have none.
 */
async function loadImage(
  image: ImageRef,
  selector: Selector | undefined,
  sources: readonly Source[],
  parse: Parser,
): Promise<LoadedManifests> {
  const last = lastPart(image);
  const mayName = nameFinder(image);
  const isNear: Test = ({ text }) =>
    selector === undefined ? text.includes(last) : text.includes(selector.kind) && text.includes(selector.name);
  const hasMarkers = sources.some(({ text }) => text.includes(markerWord));
  const related = sources.filter(({ text }) => hasMarkers && (text.includes("ImagePolicy") || mayName(text) || hidesText(text)));
  const policies = findPolicies((await parse(related, isNear)).manifests, image);
  const isMarked: Test = ({ text }) => selector === undefined && policies.values().some((policy) => text.includes(`"${policy}:`));
  const isAsked: Test = ({ text }) => selector !== undefined || mayName(text) || !isSimpleYaml(text);
  const searched = sources.filter((source) => (isNear(source) && isAsked(source)) || hidesText(source.text) || isMarked(source));
  return { ...(await parse(searched, isNear)), policies, alike: async () => (await parse(sources.filter(isNear), isNear)).manifests };
}

/** A broken file is reported only if its text has the wanted words. */
function parseOnce(breathe: Breathe): Parser {
  const parsed = new Map<Source, Manifest | BrokenManifest>();
  const pace = paced(breathe, shareOfWork);
  let left = mostBytes;
  const parse = async ({ path, bytes }: Source): Promise<Manifest | BrokenManifest> => {
    if (bytes.length > largestFile) return { path, problem: `it is larger than ${largestFile / 1024 / 1024} MiB` };
    left -= bytes.length;
    if (left < 0) throw tooLarge("search manifests", `more than ${mostBytes / 1024 / 1024} MiB of them may have the image`);
    await pace(bytes.length);
    return parseManifest(path, bytes, breathe);
  };
  return async (sources, isNear) => {
    const manifests: Manifest[] = [];
    const broken: BrokenManifest[] = [];
    for (const source of sources) {
      const manifest = parsed.get(source) ?? (await parse(source));
      parsed.set(source, manifest);
      if ("documents" in manifest) manifests.push(manifest);
      else if (isNear(source)) broken.push(manifest);
    }
    return { manifests, broken };
  };
}

/** Reads the YAML files that contain one of the words, in the order of their paths. */
async function readSources(tree: Tree, words: readonly string[], pace: Pace): Promise<readonly Source[]> {
  const paths: string[] = [];
  for await (const path of tree.list({ matching: isManifestPath, containing: words })) if (isManifestPath(path)) paths.push(path);
  paths.sort();
  const sources: Source[] = [];
  for (let at = 0; at < paths.length; at += atOnce) {
    const read = await Promise.all(paths.slice(at, at + atOnce).map(async (path) => readSource(path, await tree.read(path))));
    sources.push(...read.filter(({ text }) => words.some((word) => text.includes(word))));
    for (const { bytes } of read) await pace(bytes.length);
  }
  return sources;
}

/** Returns ASCII text whose bytes are in a file of UTF-16 that has the word, whatever the order of its bytes. */
function inUtf16(word: string): string {
  return [...word].join("\0");
}

/** A YAML file by its name, that is not hidden and not in a hidden folder. */
function isManifestPath(path: string): boolean {
  return /(?:\.ya?ml|(?:^|\/)Kustomization)$/.test(path) && !/(?:^|\/)\./.test(path);
}

function readSource(path: string, bytes: Uint8Array): Source {
  const encoding = utf16Of(bytes);
  if (encoding !== undefined) return { path, bytes, text: new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes) };
  return { path, bytes, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() };
}
