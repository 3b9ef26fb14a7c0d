import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { FairleadError } from "./core/errors.ts";
import type { FetchedFiles, WantedFiles } from "./core/git/git.ts";
import type { ApiGit, CommitEntry } from "./core/git/provider.ts";
import { formatRepository, type Repository } from "./core/git/repository.ts";
import { resolveSubmodules } from "./core/git/submodules.ts";
import { settleFiles } from "./git/settle-files.ts";

/** The most that is fetched of one commit: the bytes of all files, and submodules with those below them. */
const most = { bytes: 2 ** 30, submodules: 100 };
/** Files that are read at once: small ones of them come in few answers. */
const atOnce = 400;

/** Writes the files of a commit, and of its submodules, into the folder of a module's own. All of it comes by the API of their providers. */
export async function writeFiles(
  { repository, sha, date, submodules }: WantedFiles,
  apiOf: (of: Repository) => ApiGit,
): Promise<FetchedFiles> {
  const target = await mkdtemp(join(process.cwd(), "fairlead-files-"));
  const left = { ...most };
  const write = async (from: Repository, commit: string, folder: string): Promise<void> => {
    const entries = await apiOf(from).entries(from, commit);
    left.bytes -= entries.reduce((sum, { size }) => sum + size, 0);
    if (left.bytes < 0) throw tooMuch(from, `its files have more than ${most.bytes / 2 ** 30} GiB`);
    await writeEntries(entries, folder);
    const links = entries.filter(({ mode }) => mode === "160000");
    const modules = links.length === 0 ? undefined : await entries.find(({ path, mode }) => path === ".gitmodules" && isFile(mode))?.read();
    const named = resolveSubmodules({ repository: from, links, modules: modules && Buffer.from(modules).toString() }, submodules);
    for (const each of named) {
      if ((left.submodules -= 1) < 0) throw tooMuch(from, `it has more than ${most.submodules} submodules`);
      await write(each.repository, each.sha, join(folder, each.path));
    }
  };
  await write(repository, sha, target);
  await settleFiles(target, new Date(date));
  return { path: relative(process.cwd(), target), place: "module" };
}

function tooMuch(repository: Repository, why: string): FairleadError {
  return new FairleadError("unsupported", `fetch ${formatRepository(repository)}: ${why}`);
}

/** Links come last, so that nothing is written through one; what is there already is not written over. */
async function writeEntries(entries: readonly CommitEntry[], folder: string): Promise<void> {
  for (const { path } of entries) assertInside(path);
  const links = entries.filter(({ mode }) => mode === "120000");
  const others = entries.filter(({ mode }) => mode !== "120000");
  for (let at = 0; at < others.length; at += atOnce) {
    await Promise.all(others.slice(at, at + atOnce).map((entry) => writeEntry(entry, folder)));
  }
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
