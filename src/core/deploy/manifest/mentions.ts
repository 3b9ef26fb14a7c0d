import type { ImageRef } from "../../image/image.ts";
import { trimEnd } from "../../text/trim.ts";
import type { ManifestDocument } from "./compose.ts";
import { at, type Mention } from "./findings.ts";
import { formatPlace, mapAt, textAt, type ManifestNode, type ScalarNode } from "./node.ts";
import type { Manifest } from "./parse.ts";
import { lastPart, namesRepository, splitReference, takenScalars, type Reference } from "./reference.ts";
import { readSelector, selectNode } from "./selector.ts";

/** Returns the scalars of a document, outside its references, that hold the image's repository with a tag or a digest. */
export function findMentions(
  manifest: Manifest,
  document: ManifestDocument,
  found: readonly Reference[],
  image: ImageRef,
  isSelected: (node: ManifestNode) => boolean,
): readonly Mention[] {
  const last = lastPart(image);
  if (!manifest.text.includes(last) && !manifest.text.includes("\\")) return [];
  const taken = takenScalars(found);
  return document.nodes.flatMap((scalar) => {
    if (scalar.kind !== "scalar" || !scalar.text.includes(last) || taken.has(scalar) || !isSelected(scalar)) return [];
    const [name] = mentionsIn(scalar.text, image);
    return name === undefined ? [] : [mentionOf(manifest, document, scalar, name, image)];
  });
}

/** A reference stands alone, among blanks, or behind a `=`. In scripts and patches it may be in quotes. */
function mentionsIn(text: string, image: ImageRef): readonly string[] {
  const last = lastPart(image);
  const words = text.split(/\s+/).filter((word) => word.includes(last));
  const pieces = words.flatMap((word) => [word, word.slice(word.indexOf("=") + 1), word.slice(word.lastIndexOf("=") + 1)]);
  return pieces.map(withoutQuotes).filter((piece) => isMention(piece, image));
}

function withoutQuotes(word: string): string {
  return trimEnd(word.replace(/^["'`]+/, ""), "\"'`,;");
}

function isMention(word: string, image: ImageRef): boolean {
  const { name, tag, digest } = splitReference(word) ?? {};
  return name !== undefined && (tag ?? digest) !== undefined && namesRepository(name, image);
}

function mentionOf(manifest: Manifest, document: ManifestDocument, scalar: ScalarNode, name: string, image: ImageRef): Mention {
  const path = formatPlace(scalar.place);
  const selector = selectorOf(document, scalar, path, name);
  const what = path === "" ? "the document" : path;
  const advice = selector === undefined ? "" : `: set it with --only '${selector}'`;
  const { tag, digest } = splitReference(name) ?? {};
  return {
    message: `${at(manifest, scalar)}: ${what} names ${name}, and is left as it is${advice}`,
    isWanted: tag === image.tag && digest === image.digest,
  };
}

/** Returns the selector that sets this one scalar; undefined if none does, since it holds more than the reference or is in no object. */
function selectorOf({ root }: ManifestDocument, scalar: ScalarNode, path: string, name: string): string | undefined {
  const isAlone = scalar.text === name || (scalar.text.endsWith(`=${name}`) && /^[^\s=]*$/.test(scalar.text.slice(0, -name.length - 1)));
  if (root.kind !== "map" || !isAlone) return undefined;
  const metadata = mapAt(root, "metadata");
  const object = [textAt(root, "kind"), textAt(metadata, "namespace"), textAt(metadata, "name")].filter((each) => each !== "").join("/");
  const selector = readSelector(`${object}#${path}`);
  return selector !== undefined && selectNode(root, selector) === scalar ? selector.text : undefined;
}
