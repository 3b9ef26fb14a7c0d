import type { ImageRef } from "../../image/image.ts";
import { treeBelow, type Tree } from "../../git/tree.ts";
import { editImages, type ImagesEdit } from "./edit-images.ts";
import { type EditImageOptions } from "./require-references.ts";

/** Returns the edit of `editImages` below a folder, with paths of the whole tree. `folder` has no slash at its ends. */
export async function editBelow(tree: Tree, folder: string, images: readonly ImageRef[], options: EditImageOptions): Promise<ImagesEdit> {
  const edit = await editImages(treeBelow(tree, folder), images, options);
  if (folder === "") return edit;
  const whole = (files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> =>
    new Map([...files].map(([path, bytes]) => [`${folder}/${path}`, bytes]));
  return {
    ...edit,
    files: whole(edit.files),
    before: whole(edit.before),
    changes: edit.changes.map((each) => ({ ...each, file: `${folder}/${each.file}` })),
  };
}
