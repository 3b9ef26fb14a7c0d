import { digestDigits, type ImageRef } from "../../image/image.ts";
import { isNull, textOf, type ScalarNode } from "./node.ts";
import { findVariable, splitReference, type Field, type Reference } from "./reference.ts";
import { readsAs, whyNotWritable } from "./scalar.ts";

/** The decision about a reference to the image's repository. */
export type ReferencePlan =
  | { readonly kind: "set"; readonly values: ReadonlyMap<ScalarNode, string>; readonly warning: string | undefined }
  | { readonly kind: "left-alone"; readonly why: string }
  | { readonly kind: "conflict"; readonly why: string; readonly hint: string };

/** Hint for an old digest that an image without a digest does not replace. */
export const staleDigestHint = "give the image with its digest, repository:tag@sha256:…, or take the old digest out of the manifest";

/** Returns the wanted text of each scalar of a reference, or the reason why it may not be written. */
export function planReference(reference: Reference, image: ImageRef): ReferencePlan {
  const { fields, obstacle } = reference;
  const variable = fields.map(({ scalar }) => findVariable(textOf(scalar))).find((each) => each !== undefined);
  const why = obstacle ?? (variable === undefined ? undefined : `it holds the variable ${variable}`);
  if (why !== undefined) return { kind: "left-alone", why };
  if (image.digest === undefined && fields.some(holdsDigest))
    return { kind: "conflict", why: "it holds a digest, which would go on deciding what runs", hint: staleDigestHint };
  const values = new Map(fields.flatMap((field) => valueOf(field, image)));
  if (values.size === 0) return { kind: "left-alone", why: "the key tag is missing, and keys are never added" };
  for (const [scalar, to] of values) {
    const unwritable = readsAs(scalar, to) ? undefined : whyNotWritable(scalar);
    if (unwritable !== undefined) return { kind: "left-alone", why: unwritable };
  }
  return { kind: "set", values, warning: lostDigest(fields, image) };
}

/** Tells whether a field pins a digest. An empty one does not. */
export function holdsDigest({ role, scalar, before = "" }: Field): boolean {
  const text = textOf(scalar);
  if (role === "image") return splitReference(text.slice(before.length))?.digest !== undefined;
  return role === "tag" ? text.includes("@") : !isNull(scalar) && text !== "";
}

function valueOf(field: Field, image: ImageRef): readonly (readonly [ScalarNode, string])[] {
  const { role, scalar, shape } = field;
  const pinned = image.digest === undefined ? `${image.tag}` : `${image.tag}@${image.digest}`;
  if (role === "image") return [[scalar, imageText(field, shape === "no-digest" ? `${image.tag}` : pinned)]];
  if (role === "tag") return [[scalar, textOf(scalar).includes("@") ? pinned : `${image.tag}`]];
  if (image.digest === undefined) return [];
  return [[scalar, shape === "digits" ? digestDigits(image.digest) : image.digest]];
}

function imageText({ scalar, before = "" }: Field, version: string): string {
  return `${before}${splitReference(textOf(scalar).slice(before.length))?.name}:${version}`;
}

function lostDigest(fields: readonly Field[], image: ImageRef): string | undefined {
  const isLost = image.digest !== undefined && fields.every((field) => field.role === "tag" && !holdsDigest(field));
  return isLost ? "only the tag is set: there is no key for the digest" : undefined;
}
