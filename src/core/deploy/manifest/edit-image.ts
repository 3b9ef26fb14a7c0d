import type { ImageRef } from "../../image/image.ts";
import type { Tree } from "../../git/tree.ts";
import type { Splices } from "../../text/splice.ts";
import type { ManifestChange } from "./edit-file.ts";
import { editImages } from "./edit-images.ts";
import { type EditImageOptions } from "./require-references.ts";

export type { ManifestChange };

/** A proven edit that is not written yet. */
export interface ManifestEdit {
  /** The changed files, whole. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The same files as they were. */
  readonly before: ReadonlyMap<string, Uint8Array>;
  /** The replaced stretches of their text. */
  readonly splices: Splices;
  /** The files that refer to the image, changed or up to date. */
  readonly holding: readonly string[];
  /** In the order of file and place. Empty: all references are up to date. */
  readonly changes: readonly ManifestChange[];
  readonly warnings: readonly string[];
}

/** Returns the edit of `editImages` for one image, and throws what it throws. */
export async function editImage(tree: Tree, image: ImageRef, options: EditImageOptions = {}): Promise<ManifestEdit> {
  const { changes, ...edit } = await editImages(tree, [image], options);
  return { ...edit, changes: changes.map(({ images: _, ...change }) => change) };
}
