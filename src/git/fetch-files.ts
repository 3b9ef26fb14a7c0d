import { lstat, mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { FairleadError } from "../core/errors.ts";
import type { WantedFiles } from "../core/git/git.ts";
import type { Repository } from "../core/git/repository.ts";
import { resolveSubmodules } from "../core/git/submodules.ts";
import type { Access } from "./access.ts";
import { listTree, type Entry } from "./commit-tree.ts";
import { assertFixed } from "./fixed-git.ts";
import { readObjects } from "./objects.ts";
import { lastLines, runGit } from "./process.ts";
import { fetchAll, openRemote, withCall, type Remote } from "./remote.ts";
import { settleFiles } from "./settle-files.ts";

/** The most that one fetch takes: the bytes of all files, and submodules with those below them. */
const most = { bytes: 4 * 2 ** 30, submodules: 100 };

/** What a fetch of files needs, beside what is wanted. */
export interface FetchOptions {
  readonly access: Access;
  readonly signal: AbortSignal;
}

/** Returns a folder with the files of a commit, and of its submodules, which is made by our own Git. */
export async function fetchFiles({ repository, sha, date, submodules }: WantedFiles, options: FetchOptions): Promise<string> {
  const target = await realpath(await options.access.newFolder());
  const left = { ...most };
  const write = async (from: Repository, commit: string, folder: string): Promise<void> => {
    const remote = await openRemote(from, options.access, options.signal);
    await withCall(remote, assertFixed);
    await fetchAll(remote, commit);
    const entries = await listTree(remote, "-r", "-l", commit);
    left.bytes -= sizeOf(entries);
    if (left.bytes < 0) throw tooMuch(remote, `its files have more than ${most.bytes / 2 ** 30} GiB`);
    await writeTree(remote, commit, folder);
    const links = entries.filter(({ mode }) => mode === "160000");
    const modules = links.length === 0 ? undefined : await readModules(remote, entries);
    for (const each of resolveSubmodules({ repository: from, links, modules }, submodules)) {
      if ((left.submodules -= 1) < 0) throw tooMuch(remote, `it has more than ${most.submodules} submodules`);
      await write(each.repository, each.sha, await openFolder(folder, each.path));
    }
  };
  await write(repository, sha, target);
  await settleFiles(target, new Date(date));
  return target;
}

/** Git refuses a tree that would write outside of the folder, or into a `.git`. */
async function writeTree(remote: Remote, commit: string, workTree: string): Promise<void> {
  const { code, errors } = await withCall(remote, (call) => runGit(["read-tree", "--reset", "-u", commit], { ...call, workTree }));
  if (code === 0) return;
  throw new FairleadError("unsupported", `fetch ${remote.name}: Git refuses to write its files`, { output: lastLines(errors) });
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}

function tooMuch({ name }: Remote, why: string): FairleadError {
  return new FairleadError("unsupported", `fetch ${name}: ${why}`);
}

async function readModules(remote: Remote, entries: readonly Entry[]): Promise<string | undefined> {
  const found = entries.find(({ path, mode }) => path === ".gitmodules" && mode.startsWith("100"));
  if (found === undefined) return undefined;
  const blobs = await withCall(remote, (call) => readObjects([found.sha], call));
  return Buffer.from(blobs.get(found.sha) ?? []).toString();
}

/** Returns the folder of a submodule. Git has made it; a link in its place, or on the way to it, leads elsewhere. */
async function openFolder(parent: string, path: string): Promise<string> {
  const folder = join(parent, path);
  await mkdir(folder, { recursive: true });
  if ((await realpath(folder)) === folder && (await lstat(folder)).isDirectory()) return folder;
  throw new FairleadError("input", `fetch submodule ${path}: a link is in its place`);
}
