import { FairleadError } from "../core/errors.ts";
import type { Tree, Wanted } from "../core/git/tree.ts";
import { readObjects } from "./objects.ts";
import { git } from "./process.ts";
import { fetchBlobs, fetchTrees, withCall, type Remote } from "./remote.ts";

/** A line of `git ls-tree`. */
export interface Entry {
  readonly mode: string;
  readonly sha: string;
  /** In bytes, of a file; 0 unless it was asked for. */
  readonly size: number;
  readonly path: string;
}

/**
 * Returns the regular files of a commit: no links, no submodules.
 * Only what is listed is fetched: the trees on the way to a folder and those below it, then all wanted files at once.
 */
export function commitTree(remote: Remote, commit: string): Tree {
  const shas = new Map<string, string>();
  const held = new Map<string, Uint8Array>();
  return {
    async *list({ below = "", matching, containing }: Wanted = {}) {
      const files = (await listFiles(remote, commit, below)).filter(({ path }) => matching?.(path) ?? true);
      for (const { path, sha } of files) shas.set(path, sha);
      if (containing === undefined) {
        for (const { path } of files) yield path;
        return;
      }
      const blobs = await readBlobs(remote, [...new Set(files.map(({ sha }) => sha))]);
      for (const { path, sha } of files) {
        const bytes = blobs.get(sha);
        if (bytes === undefined || !containing.some((text) => Buffer.from(bytes).includes(text))) continue;
        held.set(path, bytes);
        yield path;
      }
    },
    async read(path) {
      const there = held.get(path);
      if (there !== undefined) return there;
      const sha = shas.get(path) ?? `${commit}:${path}`;
      return (await readBlobs(remote, [sha])).get(sha)!;
    },
  };
}

async function readBlobs(remote: Remote, shas: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  await fetchBlobs(remote, shas);
  return await withCall(remote, (call) => readObjects(shas, call));
}

async function listFiles(remote: Remote, commit: string, below: string): Promise<readonly Entry[]> {
  const folder = await findFolder(remote, commit, below);
  if (folder === undefined) return [];
  await fetchTrees(remote, [folder], "whole");
  const prefix = below === "" ? "" : `${below}/`;
  const entries = await listTree(remote, "-r", folder);
  return entries.filter(({ mode }) => mode.startsWith("100")).map((entry) => ({ ...entry, path: prefix + entry.path }));
}

/** Returns the tree of a folder, without its siblings. Undefined if the commit has no such folder. */
async function findFolder(remote: Remote, commit: string, below: string): Promise<string | undefined> {
  let sha = await readRoot(remote, commit);
  for (const part of below.split("/").filter(Boolean)) {
    await fetchTrees(remote, [sha], "alone");
    const found = (await listTree(remote, sha)).find(({ path, mode }) => path === part && mode === "040000");
    if (found === undefined) return undefined;
    ({ sha } = found);
  }
  return sha;
}

/** Reads it from the commit object: when Git is asked to name a tree, it fetches it with everything below. */
export async function readRoot(remote: Remote, commit: string): Promise<string> {
  const [, tree] = /^tree ([0-9a-f]+)$/m.exec(await withCall(remote, (call) => git(["cat-file", "commit", commit], call))) ?? [];
  if (tree === undefined) throw new FairleadError("internal", `git cat-file: the commit ${commit} has no tree`);
  return tree;
}

/** Returns the entries that `git ls-tree` lists. https://git-scm.com/docs/git-ls-tree#_output_format */
export async function listTree(remote: Remote, ...args: readonly string[]): Promise<readonly Entry[]> {
  const output = await withCall(remote, (call) => git(["ls-tree", "-z", ...args], call));
  return output.split("\0").flatMap((line) => {
    const [, mode, sha, size, path] = /^(\d+) \w+ ([0-9a-f]+)(?: +(\d+|-))?\t(.*)$/s.exec(line) ?? [];
    return mode === undefined || sha === undefined || path === undefined ? [] : [{ mode, sha, size: Number(size) || 0, path }];
  });
}
