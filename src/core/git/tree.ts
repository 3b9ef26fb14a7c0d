/** The wanted part of a tree. A tree that can tell cheaply leaves out the rest; one that cannot may yield more. */
export interface Wanted {
  /** A folder, without slashes at its ends; without it, or empty, the whole tree. */
  readonly below?: string | undefined;
  /** Tells by its path whether a file is wanted. */
  readonly matching?: ((path: string) => boolean) | undefined;
  /** Texts of which at least one occurs in a wanted file. */
  readonly containing?: readonly string[] | undefined;
}

/** Files to read: a folder, a commit's Git objects, or a provider's API. */
export interface Tree {
  /** Yields the paths of the regular files, with `/` between their parts, in no order. */
  list(wanted?: Wanted): AsyncIterable<string>;
  /** Returns the bytes of a file that `list` yielded. */
  read(path: string): Promise<Uint8Array>;
}

/** Returns the part of a tree that is below a folder, with paths from there. `folder` has no slash at its ends; the empty one is the whole. */
export function treeBelow(tree: Tree, folder: string): Tree {
  if (folder === "") return tree;
  const prefix = `${folder}/`;
  return {
    async *list({ below, matching, containing } = {}) {
      const whole: Wanted = {
        below: below === undefined || below === "" ? folder : prefix + below,
        matching: matching && ((path) => path.startsWith(prefix) && matching(path.slice(prefix.length))),
        containing,
      };
      for await (const path of tree.list(whole)) if (path.startsWith(prefix)) yield path.slice(prefix.length);
    },
    read: (path) => tree.read(prefix + path),
  };
}
