import { join, resolve } from "node:path";
import { FairleadError } from "../core/errors.ts";
import type { Client, Directory } from "@dagger.io/dagger";
import type { Folder } from "../core/image/build.ts";
import type { Context } from "../core/run/step.ts";
import type { CleanFolder, NotClean } from "../core/git/git.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { readGivenCommit, withoutGit } from "./given-folder.ts";

/** Files to build, and their commit. Nothing has been fetched yet. */
export interface Source {
  /** For people: `github.com/acme/app@1a2b3c4d5e6f`, or the folder. */
  readonly name: string;
  /** Undefined unless the folder is a whole, unchanged commit: then `notClean` says why. */
  readonly commit: SourceCommit | undefined;
  readonly notClean?: NotClean | undefined;
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
 * Returns a commit of a repository as a source. Our own Git fetches its files, and the engine is given them: a credential never goes to the
 * engine's Git, which would use it for whatever the files name, and take it along to where a server redirects. `submodules` are the repositories
 * of the submodules that the commit may have.
 */
export async function cloneRepository(
  ctx: Context,
  repository: Repository,
  ref: string | undefined,
  submodules: readonly Repository[] = [],
): Promise<Source> {
  const commit = await ctx.git.resolve(repository, ref);
  return {
    name: commitName({ repository, sha: commit.sha }),
    commit: { ...commit, repository },
    prefix: "",
    async directory(dag) {
      const fetched = await ctx.git.fetchFiles({ ...commit, repository, submodules });
      if (fetched === undefined) return openTree(dag, repository, commit.sha);
      return fetched.place === "host" ? dag.host().directory(fetched.path) : dag.currentModule().workdir(fetched.path);
    },
  };
}

/**
 * Returns a folder as a source. If a folder of this machine is a commit, its build equals that of a clone of the
 * commit.
 */
export async function folderSource(ctx: Context, folder: Folder): Promise<Source> {
  if ("directory" in folder) return await ctx.dagger("read the given folder", (dag) => givenSource(dag, folder.directory));
  const { path } = folder;
  const found = requireOrigin(await ctx.git.cleanFolder(path));
  // Without `.git`, as in a clone: the same commit is the same build context. One of a folder within may hold a token, as a job's checkout does.
  const directory = (dag: Client): Promise<Directory> => Promise.resolve(dag.host().directory(resolve(path), { exclude: ["**/.git"] }));
  if ("notClean" in found) return { name: path, commit: undefined, notClean: found, prefix: "", directory };
  const commit = { ...found.commit, repository: found.repository };
  return { name: commitName(commit), commit, prefix: found.prefix, directory };
}

type Named = CleanFolder & { readonly repository: Repository };

/** Throws `input` if a folder of this machine has no such Dockerfile: the engine would say the same after a session was opened. */
export async function requireDockerfile(ctx: Context, folder: Folder, context: string, dockerfile: string): Promise<void> {
  if ("directory" in folder || (await ctx.git.hasFile(join(folder.path, context, dockerfile)))) return;
  throw new FairleadError("input", `build ${folder.path}: there is no Dockerfile at ${dockerfile}`, {
    hint: "name it with --dockerfile, as a path in the build context",
  });
}

/** A commit is named by its repository: one that has none cannot be told from another's. */
function requireOrigin(found: CleanFolder | NotClean): Named | NotClean {
  if ("notClean" in found) return found;
  const { repository } = found;
  if (repository !== undefined) return { ...found, repository };
  return { notClean: "its clone has no remote origin", hint: "run git remote add origin URL" };
}

const givenNotClean: NotClean = {
  notClean: "it is no clone with a remote origin, or a file differs from its commit",
  hint: "give a clone with its .git folder and without further files",
};

/** Returns a Dagger directory as a source. If it is a commit, its build equals that of a clone of the commit. */
export async function givenSource(dag: Client, directory: Directory): Promise<Source> {
  const given = await readGivenCommit(dag, directory);
  return {
    name: given === undefined ? "the given folder" : commitName(given),
    commit: given && { ...given, date: undefined },
    notClean: given === undefined ? givenNotClean : undefined,
    prefix: "",
    directory: () => Promise.resolve(withoutGit(directory)),
  };
}

/** Returns the files of a repository that is open to all, without `.git`. The name of a branch or tag means its current commit. */
export function openTree(dag: Client, { url }: Pick<Repository, "url">, ref: string): Directory {
  const repository = dag.git(url);
  const found = /^[0-9a-f]{40}$/.test(ref) ? repository.commit(ref) : repository.ref(ref);
  return found.tree({ discardGitDir: true });
}

function commitName({ repository, sha }: Pick<SourceCommit, "repository" | "sha">): string {
  return `${formatRepository(repository)}@${sha.slice(0, 12)}`;
}
