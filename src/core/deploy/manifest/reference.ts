import { parseImage, sameRepository, type ImageRef } from "../../image/image.ts";
import type { ManifestNode, ScalarNode } from "./node.ts";

/** A scalar of a reference, and its role: the whole reference, its tag or its digest. */
export interface Field {
  readonly role: "image" | "tag" | "digest";
  readonly scalar: ScalarNode;
  /** `digits`: a digest without `sha256:`. `no-digest`: an image string whose digest has a key of its own. */
  readonly shape?: "digits" | "no-digest" | undefined;
  /** The text of the scalar before an image string, such as `--image=`. */
  readonly before?: string | undefined;
}

/** A reference to an image of any repository, as a form found it. */
export interface Reference {
  /** The repository in the file's own spelling. */
  readonly name: string;
  /** Another repository that the same map may stand for. */
  readonly also?: string | undefined;
  /** The scalar that holds the name alone, if tag or digest have keys of their own. */
  readonly named?: ScalarNode | undefined;
  /** The scalar that holds the tag, if the form does not write it: only a marker in its line, or a selector, may. */
  readonly beside?: ScalarNode | undefined;
  /** The map that holds, or would hold, the fields. A marked scalar is its own owner. */
  readonly owner: ManifestNode;
  readonly fields: readonly Field[];
  /** The reason why it may not be written. */
  readonly obstacle?: string | undefined;
}

/** The parts of an image string. */
export interface ReferenceText {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Of Flux and shells, of Helm and Jinja, and of Flux Operator: https://fluxoperator.dev/docs/crd/resourceset/ */
const closings: Readonly<Record<string, string>> = { "${": "}", "{{": "}}", "<<": ">>" };
const opened = /\$\{|\{\{|<</;
const nameText = /^(?!.*:\/\/)[\w.\-/:[\]]+$/;
/** Tag and digest by the OCI specifications: not only sha256, since any digest decides what runs. */
const suffixText = /^(?::(\w[\w.-]{0,127}))?(?:@([a-z0-9]+(?:[.+_-][a-z0-9]+)*:[\w=-]+))?$/;

/** Returns the first variable in a text, as `${tag}`, `{{ .tag }}` or `<< inputs.tag >>`. */
export function findVariable(text: string): string | undefined {
  const found = opened.exec(text);
  if (found === null) return undefined;
  const close = closings[found[0]] ?? "";
  const end = text.indexOf(close, found.index + 2);
  return text.slice(found.index, end < 0 ? undefined : end + close.length);
}

/** Tells whether a text can be a repository's name: it has no variable, blank or scheme. */
export function isName(text: string): boolean {
  return nameText.test(text);
}

/**
 * Returns the parts of an image string; undefined if it is none, or if its repository has a variable.
 * A variable behind the repository is kept as part of the tag.
 */
export function splitReference(text: string): ReferenceText | undefined {
  const begin = text.search(opened);
  const fixed = begin < 0 ? text : text.slice(0, begin);
  const at = fixed.indexOf("@");
  const colon = (at < 0 ? fixed : fixed.slice(0, at)).indexOf(":", fixed.lastIndexOf("/", at < 0 ? Infinity : at) + 1);
  const end = colon >= 0 ? colon : at >= 0 ? at : begin < 0 ? text.length : -1;
  const name = text.slice(0, Math.max(end, 0));
  if (!isName(name)) return undefined;
  if (begin >= 0) return { name, tag: text.slice(end + 1), digest: undefined };
  const suffix = suffixText.exec(text.slice(end));
  return suffix === null ? undefined : { name, tag: suffix[1], digest: suffix[2] };
}

/** Tells whether a repository's name, in any spelling, is that of the image. */
export function namesRepository(name: string, image: ImageRef): boolean {
  // Reading a name costs far more than comparing its last word.
  if (!name.endsWith(lastPart(image)) || !isName(name)) return false;
  try {
    const named = parseImage(name);
    return named.tag === undefined && named.digest === undefined && sameRepository(named, image);
  } catch {
    return false;
  }
}

/** Tells whether a reference is to the image's repository. */
export function isReferenceTo({ name, also }: Pick<Reference, "name" | "also">, image: ImageRef): boolean {
  return namesRepository(name, image) || (also !== undefined && namesRepository(also, image));
}

/** Returns the scalars of references: their fields, and their names where they stand alone. */
export function takenScalars(references: readonly Reference[]): ReadonlySet<ManifestNode> {
  return new Set(references.flatMap(({ fields, named }) => [...fields.map(({ scalar }) => scalar), ...(named ? [named] : [])]));
}

/** Returns the last part of a repository's name: `app` of `ghcr.io/acme/app`. */
export function lastPart(image: ImageRef): string {
  return image.repository.slice(image.repository.lastIndexOf("/") + 1);
}
