import { once } from "../../core/once.ts";
import { FairleadError } from "../../core/errors.ts";
import type { Tree } from "../../core/git/tree.ts";
import { readBlob } from "./blobs.ts";
import { ask, type Remote } from "./remote.ts";

/** An entry of a tree. The SHA of a submodule is another repository's, and only blobs have a size. */
export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size: number;
}

interface Listing {
  readonly entries: readonly TreeEntry[];
  readonly truncated: boolean;
}

/**
 * Returns the regular files of a root tree: no links, no submodules. Texts are searched here: the API cannot search in
 * files.
 */
export function githubTree(remote: Remote, root: string): Tree {
  const found = new Map<string, TreeEntry>();
  const list = async (below: string): Promise<readonly TreeEntry[]> => {
    const entries = await listEntries(remote, root, (folder) => isWithin(folder, below) || isWithin(below, folder));
    const files = entries.filter(({ mode, path }) => mode.startsWith("100") && isWithin(path, below));
    for (const file of files) found.set(file.path, file);
    return files;
  };
  return {
    async *list({ below = "", matching = () => true, containing } = {}) {
      const files = (await list(below)).filter(({ path }) => matching(path));
      if (containing === undefined) return yield* files.map(({ path }) => path);
      // All are read at once, so that many come in one answer.
      const held = await Promise.all(files.map(async (file) => await holdsOne(remote, file, containing)));
      yield* files.filter((_, at) => held[at]).map(({ path }) => path);
    },
    async read(path) {
      if (!found.has(path)) await list(path);
      const file = found.get(path);
      if (file === undefined) throw new FairleadError("internal", `read ${path} in ${remote.name}: it is no regular file`);
      return await readBlob(remote, file);
    },
  };
}

/**
 * Returns all entries of a tree with their whole paths, without those of folders that `enters` rules out.
 * One answer lists at most 100,000 entries or 7 MB: a larger tree is walked folder by folder.
 * https://docs.github.com/en/rest/git/trees#get-a-tree
 */
export async function listEntries(remote: Remote, root: string, enters: (folder: string) => boolean): Promise<readonly TreeEntry[]> {
  const walk = async (sha: string, prefix: string): Promise<readonly TreeEntry[]> => {
    const whole = await readTree(remote, sha, true);
    const { entries, truncated } = whole.truncated ? await readTree(remote, sha, false) : whole;
    if (truncated) {
      throw new FairleadError("unsupported", `read ${remote.name}: its folder /${prefix} has more entries than GitHub lists`, {
        hint: "name a folder in which to search",
      });
    }
    const here = entries.map((entry) => ({ ...entry, path: prefix + entry.path }));
    if (!whole.truncated) return here;
    const folders = here.filter(({ type, path }) => type === "tree" && enters(path));
    const below = await Promise.all(folders.map((folder) => walk(folder.sha, `${folder.path}/`)));
    return [...here, ...below.flat()];
  };
  return await walk(root, "");
}

async function readTree({ octokit, at, name, seen }: Remote, sha: string, recursive: boolean): Promise<Listing> {
  return await once(seen.trees, `${sha}${recursive ? " and below" : ""}`, async () =>
    ask(`read ${name}`, async () => {
      const { data } = await octokit.rest.git.getTree({ ...at, tree_sha: sha, ...(recursive ? { recursive: "1" } : {}) });
      return { truncated: data.truncated, entries: data.tree.map((entry) => ({ ...entry, size: entry.size ?? 0 })) };
    }),
  );
}

/** Tells whether a path is the folder's or below it. All paths are within the empty folder. */
export function isWithin(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

async function holdsOne(remote: Remote, file: TreeEntry, texts: readonly string[]): Promise<boolean> {
  const bytes = await readBlob(remote, file);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return texts.some((text) => buffer.includes(text));
}
