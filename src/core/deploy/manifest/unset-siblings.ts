import type { ImageRef } from "../../image/image.ts";
import { at, type Findings } from "./findings.ts";
import { textOf, type ManifestNode, type MapNode, type ScalarNode } from "./node.ts";
import { splitReference, type Reference } from "./reference.ts";

const digest = /^sha256:[0-9a-f]{64}$/;
const digits = /^[0-9a-f]{64}$/;
const digitsKey = /sha|digest/i;
const tagKey = /(?:tag|version)(?:name)?$/i;
const tagText = /^\w[\w.-]{0,127}$/;

/**
 * Returns a warning for each key beside a reference that may go on deciding what runs: a digest, or the tag of a bare image string, under a key that no
 * form knows. What belongs to another reference is in `taken`.
 */
export function unsetSiblings(
  { owner, fields }: Reference,
  image: ImageRef,
  taken: ReadonlySet<ManifestNode>,
  { manifest }: Pick<Findings, "manifest">,
): readonly string[] {
  if (owner.kind !== "map") return [];
  const isBare = fields.some(({ role, scalar }) => role === "image" && isBareName(textOf(scalar)));
  return scalarsOf(owner, taken).flatMap(([key, scalar]) => {
    const text = textOf(scalar);
    const where = `${at(manifest, scalar)}: ${key} beside the image`;
    if (isDigest(key, text) && text !== image.digest && `sha256:${text}` !== image.digest)
      return [`${where} holds a digest, which is left as it is and may go on deciding what runs: set it with --only, or take it out`];
    if (isBare && tagKey.test(key) && key !== "apiVersion" && tagText.test(text))
      return [`${where} is left as it is: if it is the image's tag too, set it alone with --only`];
    return [];
  });
}

function scalarsOf(map: MapNode, taken: ReadonlySet<ManifestNode>): readonly (readonly [string, ScalarNode])[] {
  return [...map.entries].flatMap(([key, node]) => (node.kind === "scalar" && !taken.has(node) ? [[key, node] as const] : []));
}

function isBareName(text: string): boolean {
  const { tag, digest: pinned } = splitReference(text) ?? { tag: "", digest: "" };
  return tag === undefined && pinned === undefined;
}

function isDigest(key: string, text: string): boolean {
  return digest.test(text) || (digits.test(text) && digitsKey.test(key));
}
