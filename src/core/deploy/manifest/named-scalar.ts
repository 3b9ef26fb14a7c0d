import type { ImageRef } from "../../image/image.ts";
import { textOf, type ScalarNode } from "./node.ts";
import { findVariable, isReferenceTo, namesRepository, splitReference, type Field, type Reference } from "./reference.ts";
import { holdsDigest, staleDigestHint } from "./plan-reference.ts";

/** A scalar that a selector names. The shape of its value shows its role. */
export type NamedScalar = { readonly reference: Reference } | { readonly conflict: string; readonly hint: string };

/** Returns a scalar that a selector names as a reference to the image's repository, or why it is not one. */
export function readNamedScalar(scalar: ScalarNode, name: string, image: ImageRef, found: readonly Reference[]): NamedScalar {
  const own = found.find((reference) => reference.fields.some((field) => field.scalar === scalar));
  if (found.some(({ named }) => named === scalar))
    return { reference: { name, owner: scalar, fields: [], obstacle: "its tag has a key of its own, beside it" } };
  const shape = shapeOf(scalar, image, own);
  if ("other" in shape) return { conflict: `it refers to another repository, ${shape.other}`, hint: "name another field with --only" };
  const isOurs = own !== undefined && isReferenceTo(own, image);
  if (isOurs && image.digest === undefined && own.fields.some(holdsDigest))
    return { conflict: "beside it stands a digest, which would go on deciding what runs", hint: staleDigestHint };
  const fields = "role" in shape ? [{ ...shape, scalar }] : [];
  return { reference: { name, owner: scalar, fields, obstacle: "why" in shape ? shape.why : undefined } };
}

type Shape = Omit<Field, "scalar"> | { readonly other: string } | { readonly why: string };

function shapeOf(scalar: ScalarNode, image: ImageRef, own: Reference | undefined): Shape {
  const text = textOf(scalar);
  const variable = findVariable(text);
  if (variable !== undefined) return { why: `it holds the variable ${variable}` };
  const field = own?.fields.find((each) => each.scalar === scalar);
  // An empty value and bare digits have no shape, but their place may say what goes there.
  if (text === "" || field?.shape !== undefined) return field ?? { role: "tag" };
  if (/\s/.test(text)) return { why: "it is text of more than one word or line" };
  if (text.startsWith("sha256:")) return { role: "digest" };
  const before = text.slice(0, text.indexOf("=") + 1);
  const parts = splitReference(before === "" || before.includes("@") ? text : text.slice(before.length));
  if (parts !== undefined && namesRepository(parts.name, image)) return { role: "image", before: before.includes("@") ? "" : before };
  if (/^[^/:]+(?:@sha256:[^/:]*)?$/.test(text)) return { role: "tag" };
  return parts === undefined ? { why: "it is no tag, digest or image reference" } : { other: parts.name };
}
