/** Files to read: a folder, a commit's Git objects, or a provider's API. */
export interface Tree {
  /**
   * Yields the paths of the regular files, with `/` between their parts, in no order. With `containing`, a tree that can tell
   * cheaply leaves out the files in which none of these texts occurs.
   */
  list(containing?: readonly string[]): AsyncIterable<string>;
  /** Returns the bytes of a file that `list` yielded. */
  read(path: string): Promise<Uint8Array>;
}

/** Returns the part of a tree that is below a folder, with paths from there. `folder` has no slash at its ends; the empty one is the whole. */
export function treeBelow(tree: Tree, folder: string): Tree {
  if (folder === "") return tree;
  const prefix = `${folder}/`;
  return {
    async *list(containing) {
      for await (const path of tree.list(containing)) if (path.startsWith(prefix)) yield path.slice(prefix.length);
    },
    read: (path) => tree.read(prefix + path),
  };
}
