import { formatImageRepository, type ImageRef } from "../../image/image.ts";
import type { ManifestDocument } from "./compose.ts";
import { mapAt, textAt, textOf, type ManifestNode, type MapNode, type ScalarNode } from "./node.ts";
import type { Manifest } from "./parse.ts";
import { namesRepository, splitReference, takenScalars, type Reference } from "./reference.ts";

/** A word that every marker has, and no other text of a manifest. */
export const markerWord = '"$imagepolicy"';

/** A comment that tells Flux's image automation what to write before it (https://fluxcd.io/flux/guides/image-update/). */
interface Marker {
  /** `namespace:name`. */
  readonly policy: string;
  readonly part: string | undefined;
}

/** A marker behind a scalar: closing brackets, blanks, the marker, end of line. A block has it behind its header. */
const marker =
  /(?:[|>][-+0-9]*)?[ \t\]},]*[ \t]#[ \t]*\{[ \t]*"\$imagepolicy"[ \t]*:[ \t]*"([^":\n]+:[^":\n]+)(?::(tag|name|digest))?"[ \t]*\}[ \t]*(?=\r?\n|\r?$)/y;

/** Returns a function that tells whether Flux's image automation may also write in a scalar's line. */
export function lineMarkers(manifest: Manifest): (scalar: ScalarNode) => boolean {
  const { text } = manifest;
  const last = new Map<number, number>(); // the last marker of each line
  for (let at = text.indexOf(markerWord); at >= 0; at = text.indexOf(markerWord, at + 1)) last.set(manifest.line(at), at);
  return ({ style, start, end }) => {
    const from = style === "block" ? start : end;
    return (last.get(manifest.line(from)) ?? -1) >= from;
  };
}

/**
 * Returns the policies of the image's repository, as `namespace:name`. They are found by their objects, or by another
 * line's value.
 */
export function findPolicies(manifests: readonly Manifest[], image: ImageRef): ReadonlySet<string> {
  const objects = manifests.flatMap((manifest) => manifest.documents.flatMap(objectsOf));
  const repositories = new Set(
    objects
      .filter((object) => textAt(object, "kind") === "ImageRepository" && namesRepository(textAt(mapAt(object, "spec"), "image"), image))
      .map((object) => `${textAt(mapAt(object, "metadata"), "namespace")}:${textAt(mapAt(object, "metadata"), "name")}`),
  );
  const byObject = objects.filter((object) => textAt(object, "kind") === "ImagePolicy").flatMap((object) => policyOf(object, repositories));
  const byLine = manifests
    .flatMap((manifest) => [...markedScalars(manifest)])
    .flatMap(([scalar, { policy, part }]) => {
      const name = part === undefined ? splitReference(textOf(scalar))?.name : part === "name" ? textOf(scalar) : undefined;
      return name !== undefined && namesRepository(name, image) ? [policy] : [];
    });
  return new Set([...byObject, ...byLine]);
}

/**
 * Returns a document's marked tags and digests of these policies that no form found. Those of one map are one
 * reference.
 */
export function findMarked(
  manifest: Manifest,
  document: ManifestDocument,
  policies: ReadonlySet<string>,
  found: readonly Reference[],
  image: ImageRef,
): readonly Reference[] {
  if (policies.size === 0 || !manifest.text.includes(markerWord)) return [];
  const taken = takenScalars(found);
  const whole = bareMarked(manifest, document, taken, image);
  const marked = document.nodes.flatMap((scalar) => {
    if (scalar.kind !== "scalar" || taken.has(scalar)) return [];
    const { policy = "", part } = markerOf(manifest, scalar) ?? {};
    return policies.has(policy) && (part === "tag" || part === "digest") ? [{ scalar, role: part } as const] : [];
  });
  const name = formatImageRepository(image);
  const parts = [...Map.groupBy(marked, ({ scalar }) => scalar.place?.parent).values()].flatMap((fields) => {
    const [first] = fields;
    return first === undefined ? [] : [{ name, owner: first.scalar, fields }];
  });
  return [...whole, ...parts];
}

/** A line with a bare marker holds a whole reference, whatever its key: an argument, an environment value. Flux writes it too. */
function bareMarked(
  manifest: Manifest,
  document: ManifestDocument,
  taken: ReadonlySet<ManifestNode>,
  image: ImageRef,
): readonly Reference[] {
  return document.nodes.flatMap((scalar): readonly Reference[] => {
    if (scalar.kind !== "scalar" || taken.has(scalar)) return [];
    const { name } = splitReference(textOf(scalar)) ?? {};
    if (name === undefined || !namesRepository(name, image)) return [];
    const found = markerOf(manifest, scalar);
    return found !== undefined && found.part === undefined ? [{ name, owner: scalar, fields: [{ role: "image", scalar }] }] : [];
  });
}

function* markedScalars(manifest: Manifest): Generator<readonly [ScalarNode, Marker]> {
  if (!manifest.text.includes(markerWord)) return;
  for (const node of manifest.documents.flatMap(({ nodes }) => nodes)) {
    const found = node.kind === "scalar" ? markerOf(manifest, node) : undefined;
    if (node.kind === "scalar" && found !== undefined) yield [node, found];
  }
}

function markerOf({ text }: Manifest, { style, start, end }: ScalarNode): Marker | undefined {
  marker.lastIndex = style === "block" ? start : end;
  const [, policy, part] = marker.exec(text) ?? [];
  return policy === undefined ? undefined : { policy, part };
}

function policyOf(object: MapNode, repositories: ReadonlySet<string>): readonly string[] {
  const metadata = mapAt(object, "metadata");
  const namespace = textAt(metadata, "namespace");
  const ref = mapAt(mapAt(object, "spec"), "imageRepositoryRef");
  const repository = `${textAt(ref, "namespace") || namespace}:${textAt(ref, "name")}`;
  return repositories.has(repository) ? [`${namespace}:${textAt(metadata, "name")}`] : [];
}

/** Returns the objects of a document: its root, and the items of a list. */
export function objectsOf({ root }: ManifestDocument): readonly MapNode[] {
  if (root.kind !== "map") return [];
  const items = root.entries.get("items");
  return [root, ...(items?.kind === "list" ? items.items.filter((item) => item.kind === "map") : [])];
}
