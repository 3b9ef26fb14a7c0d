import { constants } from "node:fs";
import { lstat, open, readdir, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { NotClean } from "../core/git/git.ts";
import type { HeadFiles } from "../core/git/head.ts";

/** A repository that came with files. Git is never run in it: what it says is read here, as text. */
export interface DotGit {
  /** The folder that it is the repository of. */
  readonly root: string;
  /** Holds HEAD; of a worktree, its own part. */
  readonly own: string;
  /** Holds objects, branches and configuration. */
  readonly common: string;
  /** All of it is its owner's who runs us, as far as Git asks. */
  readonly ours: boolean;
}

/** The largest file that is read as text, in bytes: `packed-refs` has a line for each reference. */
const most = 64 * 2 ** 20;

/** Returns the repository of the folder, or of the nearest folder above that has one. Undefined if there is none, or it is a link. */
export async function findDotGit(folder: string): Promise<DotGit | undefined> {
  for (let root = await realpath(folder); ; root = dirname(root)) {
    const path = join(root, ".git");
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined) return found.isDirectory() || found.isFile() ? await openDotGit(root, path, found.isFile()) : undefined;
    if (root === dirname(root)) return undefined;
  }
}

/** A file instead of the folder names it: of a worktree, and of a submodule. https://git-scm.com/docs/gitrepository-layout */
async function openDotGit(root: string, path: string, isFile: boolean): Promise<DotGit | undefined> {
  const named = isFile ? /^gitdir: (.+)$/.exec((await readText(path))?.trimEnd() ?? "")?.[1] : path;
  if (named === undefined) return undefined;
  const own = resolve(root, named);
  const elsewhere = (await readText(join(own, "commondir")))?.trimEnd();
  const common = elsewhere === undefined ? own : resolve(own, elsewhere);
  const owners = await Promise.all([root, path, own, common].map(ownerOf));
  return { root, own, common, ours: owners.every(isUs) };
}

async function ownerOf(path: string): Promise<number | undefined> {
  return await lstat(path).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

/** As Git has it: https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory */
function isUs(owner: number | undefined): boolean {
  const us = process.geteuid?.();
  return owner === us || (us === 0 && owner !== undefined && String(owner) === process.env.SUDO_UID);
}

/** Returns the files of HEAD. A worktree has its own HEAD, and branches of its own beside the common ones. */
export function headFiles({ own, common }: DotGit): HeadFiles {
  return {
    head: () => readText(join(own, "HEAD")),
    ref: async (name) => (await readText(join(own, name))) ?? (await readText(join(common, name))),
    packedRefs: () => readText(join(common, "packed-refs")),
  };
}

/**
 * Returns the folder of the objects, or why it is not used: `alternates` that came with files are not followed. All that Git opens there are
 * regular files, so that it waits for none.
 */
export async function findObjects({ root, common }: DotGit): Promise<string | NotClean> {
  const objects = join(common, "objects");
  const [folder, alternates, packs] = await Promise.all([
    lstat(objects).catch(() => undefined),
    lstat(join(objects, "info/alternates")).catch(() => undefined),
    readdir(join(objects, "pack"), { withFileTypes: true }).catch(() => []),
  ]);
  if (alternates !== undefined) {
    const hint = `run git -C ${root} repack -a -d, and remove .git/objects/info/alternates`;
    return { notClean: "its clone borrows Git objects from another folder, which is not read", hint };
  }
  const plain = folder?.isDirectory() === true && packs.every((each) => each.isFile());
  // The file in which our repository names it has a path a line.
  if (plain && !objects.includes("\n")) return objects;
  return { notClean: "its Git objects are not in folders and files of their own", hint: "clone the repository anew" };
}

/** Returns the text of a regular file; undefined if it is none, is a link, or is too large. */
export async function readText(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const found = await file.stat();
    return found.isFile() && found.size <= most ? await file.readFile("utf8") : undefined;
  } finally {
    await file.close();
  }
}
