import type { Client, Directory, GitRepository } from "@dagger.io/dagger";
import type { Folder } from "../core/image/build.ts";
import type { Context } from "../core/run/step.ts";
import type { GitAccess } from "../core/git/git.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { readGivenCommit, withoutGit } from "./given-folder.ts";

/** Files to build, and their commit. Nothing has been fetched yet. */
export interface Source {
  /** For people: `github.com/acme/app@1a2b3c4d5e6f`, or the folder. */
  readonly name: string;
  /** Undefined unless the folder is a whole, unchanged commit. */
  readonly commit: SourceCommit | undefined;
  /** The folder of the files in their repository: `services/api/`; empty for its root. */
  readonly prefix: string;
  directory(dag: Client): Promise<Directory>;
}

/** The commit of a source's files. */
export interface SourceCommit {
  readonly repository: Repository;
  readonly sha: string;
  /**
   * Commit date: ISO 8601, with the committer's offset. Undefined for a Dagger directory, whose Git does not tell it.
   */
  readonly date: string | undefined;
}

/**
 * Returns a commit of a repository as a source. Our own Git finds the commit; Dagger's Git fetches its files into its
 * cache.
 */
export async function cloneRepository(ctx: Context, repository: Repository, ref: string | undefined): Promise<Source> {
  const commit = await ctx.git.resolve(repository, ref);
  return {
    name: commitName({ repository, sha: commit.sha }),
    commit: { ...commit, repository },
    prefix: "",
    directory: async (dag) => treeOf(await openRepository(dag, repository, await ctx.git.access(repository)), commit.sha),
  };
}

/**
 * Returns a folder as a source. If a folder of this machine is a commit, its build equals that of a clone of the
 * commit.
 */
export async function folderSource(ctx: Context, folder: Folder): Promise<Source> {
  if ("directory" in folder) return await ctx.dagger("read the given folder", () => givenSource(folder.directory));
  const { path } = folder;
  const clean = await ctx.git.cleanFolder(path);
  const commit = clean?.repository === undefined ? undefined : { ...clean.commit, repository: clean.repository };
  return {
    name: commit === undefined ? path : commitName(commit),
    commit,
    prefix: clean?.prefix ?? "",
    // Without `.git`, as in a clone: the same commit is the same build context, wherever it came from.
    directory: (dag) => Promise.resolve(dag.host().directory(path, { exclude: [".git"] })),
  };
}

/** Returns a Dagger directory as a source. If it is a commit, its build equals that of a clone of the commit. */
export async function givenSource(directory: Directory): Promise<Source> {
  const given = await readGivenCommit(directory);
  return {
    name: given === undefined ? "the given folder" : commitName(given),
    commit: given && { ...given, date: undefined },
    prefix: "",
    directory: () => Promise.resolve(withoutGit(directory)),
  };
}

/** Returns a commit's files without `.git`. The name of a branch or tag means its current commit. */
export function treeOf(repository: GitRepository, ref: string): Directory {
  const found = /^[0-9a-f]{40}$/.test(ref) ? repository.commit(ref) : repository.ref(ref);
  return found.tree({ discardGitDir: true });
}

function commitName({ repository, sha }: Pick<SourceCommit, "repository" | "sha">): string {
  return `${formatRepository(repository)}@${sha.slice(0, 12)}`;
}

async function openRepository(dag: Client, repository: Repository, access: GitAccess): Promise<GitRepository> {
  if (access.ssh !== undefined) {
    return dag.git(repository.url, { sshAuthSocket: dag.host().unixSocket(access.ssh.socket), sshKnownHosts: access.ssh.knownHosts });
  }
  if (access.token === undefined) return dag.git(repository.url);
  // Dagger tells secrets of a client apart by their names alone, so the name says what this one opens.
  const token = dag.setSecret(`git token for ${formatRepository(repository)}`, await access.token.value.reveal());
  return dag.git(repository.url, { httpAuthUsername: access.token.username, httpAuthToken: token });
}
