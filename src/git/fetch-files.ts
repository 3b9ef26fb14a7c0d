import { lstat, mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { FairleadError } from "../core/errors.ts";
import type { WantedFiles } from "../core/git/git.ts";
import { writeFiles, type OpenedCommit } from "../core/git/write-files.ts";
import type { Repository } from "../core/git/repository.ts";
import type { Access } from "./access.ts";
import { listTree, type Entry } from "./commit-tree.ts";
import { cleanEnvironment } from "./environment.ts";
import { assertFixed } from "./fixed-git.ts";
import { readObjects } from "./objects.ts";
import { lastLines, runGit } from "./process.ts";
import { fetchAll, openRemote, withCall, type Remote } from "./remote.ts";
import { settleFiles } from "./settle-files.ts";

/** The most bytes that one fetch takes: all files, and those of submodules. */
const mostBytes = 4 * 2 ** 30;

/** What a fetch of files needs, beside what is wanted. */
export interface FetchOptions {
  readonly access: Access;
  readonly signal: AbortSignal;
}

/** Returns a folder with the files of a commit, and of its submodules, which is made by our own Git. */
export async function fetchFiles(wanted: WantedFiles, { access, signal }: FetchOptions): Promise<string> {
  const probe = await access.newFolder();
  await assertFixed({ folder: probe, env: cleanEnvironment(probe), signal });
  const target = await realpath(await access.newFolder());
  const open = async (from: Repository, sha: string): Promise<OpenedCommit<Entry>> =>
    openCommit(await openRemote(from, access, signal), sha);
  await writeFiles(wanted, target, { mostBytes, open, folderOf });
  await settleFiles(target, new Date(wanted.date));
  return target;
}

async function openCommit(remote: Remote, commit: string): Promise<OpenedCommit<Entry>> {
  await fetchAll(remote, commit);
  return {
    entries: await listTree(remote, "-r", "-l", commit),
    read: async ({ sha }) => (await withCall(remote, (call) => readObjects([sha], call))).get(sha),
    write: (folder) => writeTree(remote, commit, folder),
  };
}

/** Git refuses a tree that would write outside of the folder, or into a `.git`. */
async function writeTree(remote: Remote, commit: string, workTree: string): Promise<void> {
  const { code, errors } = await withCall(remote, (call) => runGit(["read-tree", "--reset", "-u", commit], { ...call, workTree }));
  if (code === 0) return;
  throw new FairleadError("unsupported", `fetch ${remote.name}: Git refuses to write its files`, { output: lastLines(errors) });
}

/** Returns the folder of a submodule. Git has made it; a link in its place, or on the way to it, leads elsewhere. */
async function folderOf(parent: string, path: string): Promise<string> {
  const folder = join(parent, path);
  await mkdir(folder, { recursive: true });
  if ((await realpath(folder)) === folder && (await lstat(folder)).isDirectory()) return folder;
  throw new FairleadError("input", `fetch submodule ${path}: a link is in its place`);
}
