import type { Breathe } from "../../breathe.ts";
import { treeBelow, type Tree } from "../../git/tree.ts";
import { formatImage, type Digest, type ImageRef } from "../../image/image.ts";
import { findInManifest } from "./find.ts";
import { loadManifests } from "./load.ts";
import { isNull, textOf } from "./node.ts";
import { splitReference, type Field, type Reference } from "./reference.ts";

/**
 * Returns the references to the image's repository in a folder of manifests, each once and as it stands there: those that an edit sets or has up to date.
 * None: no manifest there refers to it. The image's own tag and digest do not matter.
 */
export async function runningImages(tree: Tree, image: ImageRef, folder: string, breathe: Breathe): Promise<readonly ImageRef[]> {
  const found = new Map<string, ImageRef>();
  for (const { manifests, policies } of await loadManifests(treeBelow(tree, folder), [image], undefined, breathe))
    for (const manifest of manifests) {
      const { running } = await findInManifest(manifest, { image, others: [], selector: undefined, policies }, breathe);
      for (const each of running.map((reference) => imageOf(reference, image))) found.set(formatImage(each), each);
    }
  return [...found.values()];
}

function imageOf({ fields }: Reference, { registry, repository }: ImageRef): ImageRef {
  return fields.reduce<ImageRef>((whole, field) => ({ ...whole, ...partOf(field) }), { registry, repository });
}

/** Any digest decides what runs, of whatever kind. */
function partOf({ role, scalar, shape, before = "" }: Field): Pick<ImageRef, "tag" | "digest"> {
  const text = textOf(scalar);
  if (role === "digest") {
    const isThere = !isNull(scalar) && text !== "";
    return isThere ? { digest: (shape === "digits" ? `sha256:${text}` : text) as Digest } : {};
  }
  const { tag, digest } = role === "image" ? (splitReference(text.slice(before.length)) ?? {}) : splitTag(text);
  return { ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest: digest as Digest }) };
}

function splitTag(text: string): { readonly tag?: string; readonly digest?: string } {
  const [tag = "", digest] = text.split("@");
  return { ...(tag !== "" && { tag }), ...(digest !== undefined && { digest }) };
}
