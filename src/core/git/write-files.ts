import { FairleadError } from "../errors.ts";
import type { WantedFiles } from "./git.ts";
import { formatRepository, type Repository } from "./repository.ts";
import { resolveSubmodules, type Gitlink } from "./submodules.ts";

/** Submodules of one commit, with those below them. */
const mostSubmodules = 100;

/** An entry of a commit's tree, such as a `CommitEntry`. */
interface Entry extends Gitlink {
  readonly mode: string;
  /** In bytes. */
  readonly size: number;
}

/** A commit whose files can be written. */
export interface OpenedCommit<E extends Entry> {
  readonly entries: readonly E[];
  /** Returns the bytes of one of its files. */
  readonly read: (entry: E) => Promise<Uint8Array | undefined>;
  /** Writes its files into a folder. */
  readonly write: (folder: string) => Promise<void>;
}

/** The way in which commits are fetched and written. */
export interface CommitSource<E extends Entry> {
  /** The bytes of all files together, at most. */
  readonly mostBytes: number;
  readonly open: (repository: Repository, sha: string) => Promise<OpenedCommit<E>>;
  /** Returns the folder of a submodule within that of its parent. */
  readonly folderOf: (parent: string, path: string) => Promise<string>;
}

/** Writes the files of a commit, and of the submodules that it may have. Throws `unsupported` for too many of either. */
export async function writeFiles<E extends Entry>(wanted: WantedFiles, target: string, source: CommitSource<E>): Promise<void> {
  const left = { bytes: source.mostBytes, submodules: mostSubmodules };
  const write = async (repository: Repository, sha: string, folder: string): Promise<void> => {
    const commit = await source.open(repository, sha);
    left.bytes -= commit.entries.reduce((sum, { size }) => sum + size, 0);
    if (left.bytes < 0) throw tooMuch(repository, `its files have more than ${source.mostBytes / 2 ** 30} GiB`);
    await commit.write(folder);
    for (const each of resolveSubmodules(await parentOf(repository, commit), wanted.submodules)) {
      if ((left.submodules -= 1) < 0) throw tooMuch(repository, `it has more than ${mostSubmodules} submodules`);
      await write(each.repository, each.sha, await source.folderOf(folder, each.path));
    }
  };
  await write(wanted.repository, wanted.sha, target);
}

async function parentOf<E extends Entry>(
  repository: Repository,
  { entries, read }: OpenedCommit<E>,
): Promise<Parameters<typeof resolveSubmodules>[0]> {
  const links = entries.filter(({ mode }) => mode === "160000");
  const found = links.length === 0 ? undefined : entries.find(({ path, mode }) => path === ".gitmodules" && mode.startsWith("100"));
  const modules = found && (await read(found));
  return { repository, links, modules: modules && Buffer.from(modules).toString() };
}

function tooMuch(repository: Repository, why: string): FairleadError {
  return new FairleadError("unsupported", `fetch ${formatRepository(repository)}: ${why}`);
}
