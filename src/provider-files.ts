import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { FairleadError } from "./core/errors.ts";
import type { FetchedFiles, WantedFiles } from "./core/git/git.ts";
import type { ApiGit, CommitEntry } from "./core/git/provider.ts";
import type { Repository } from "./core/git/repository.ts";
import { writeFiles, type OpenedCommit } from "./core/git/write-files.ts";
import { mapLimited } from "./core/limit.ts";
import { settleFiles } from "./git/settle-files.ts";

/** The most bytes that are fetched of one commit: all files, and those of submodules. */
const mostBytes = 2 ** 30;
/** Files that are read at once: small ones of them come in few answers. */
const atOnce = 400;

/** Writes the files of a commit, and of its submodules, into the folder of a module's own. All of it comes by the API of their providers. */
export async function fetchByApi(wanted: WantedFiles, apiOf: (of: Repository) => ApiGit): Promise<FetchedFiles> {
  const target = await mkdtemp(join(process.cwd(), "fairlead-files-"));
  const open = async (from: Repository, sha: string): Promise<OpenedCommit<CommitEntry>> => {
    const entries = await apiOf(from).entries(from, sha);
    return { entries, read: (entry) => entry.read(), write: (folder) => writeEntries(entries, folder) };
  };
  await writeFiles(wanted, target, { mostBytes, open, folderOf: (parent, path) => Promise.resolve(join(parent, path)) });
  await settleFiles(target, new Date(wanted.date));
  return { path: relative(process.cwd(), target), place: "module" };
}

/** Links come last, so that nothing is written through one; what is there already is not written over. */
async function writeEntries(entries: readonly CommitEntry[], folder: string): Promise<void> {
  for (const { path } of entries) assertInside(path);
  const links = entries.filter(({ mode }) => mode === "120000");
  const others = entries.filter(({ mode }) => mode !== "120000");
  await mapLimited(atOnce, others, (entry) => writeEntry(entry, folder));
  for (const link of links) {
    await mkdir(dirname(join(folder, link.path)), { recursive: true });
    await symlink(Buffer.from(await link.read()), join(folder, link.path));
  }
}

async function writeEntry(entry: CommitEntry, folder: string): Promise<void> {
  const path = join(folder, entry.path);
  await mkdir(isFile(entry.mode) ? dirname(path) : path, { recursive: true });
  if (isFile(entry.mode)) await writeFile(path, await entry.read(), { flag: "wx", mode: entry.mode === "100755" ? 0o755 : 0o644 });
}

function isFile(mode: string): boolean {
  return mode.startsWith("100");
}

function assertInside(path: string): void {
  if (!path.split("/").some((part) => ["", ".", ".."].includes(part) || part.toLowerCase() === ".git")) return;
  throw new FairleadError("unsupported", `fetch ${path}: no file of a commit has such a path`);
}
