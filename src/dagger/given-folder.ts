import type { Client, Directory } from "@dagger.io/dagger";
import { readHead, type HeadFiles } from "../core/git/head.ts";
import { readOrigin } from "../core/git/origin.ts";
import type { Repository } from "../core/git/repository.ts";

/** The commit of a Dagger directory. */
export interface GivenCommit {
  readonly repository: Repository;
  readonly sha: string;
}

/**
 * Returns the commit that a Dagger directory is, whole and unchanged. Undefined without `.git` or `origin`, with submodules, or if any file differs
 * from the commit's. Git's own `status` would not do: it passes over files that Git ignores, but a build takes them in.
 */
export async function readGivenCommit(dag: Client, folder: Directory): Promise<GivenCommit | undefined> {
  const names = (await folder.entries()).map((name) => name.replace(/\/$/, ""));
  if (!names.includes(".git") || names.includes(".gitmodules")) return undefined;
  try {
    const sha = await readHead(headFiles(folder));
    const repository = readOrigin(await folder.file(".git/config").contents());
    if (sha === undefined || repository === undefined) return undefined;
    return (await withoutGit(folder)
      .changes(filesOf(dag, folder, sha))
      .isEmpty())
      ? { repository, sha }
      : undefined;
  } catch {
    return undefined; // a `.git` that Git cannot read, such as that of a worktree, counts as none: if more is wrong, the build will say it
  }
}

/** Returns the folder as a clone of it would be built: without `.git`. */
export function withoutGit(folder: Directory): Directory {
  return folder.withoutDirectory(".git");
}

/** Index of no file. Git does not compare the checksum at its end. https://git-scm.com/docs/index-format */
const emptyIndex = `DIRC\0\0\0\u0002\0\0\0\0${"\0".repeat(20)}`;

/**
 * Returns the files of a commit from a repository of ours, which has the objects of the given one: no setting, hook, filter or index of theirs. It is
 * not checked out, as the engine would fetch the commit's submodules, from wherever they are said to be. All its files are missing, and come back when
 * that is undone.
 */
function filesOf(dag: Client, folder: Directory, sha: string): Directory {
  const own = dag
    .directory()
    .withNewFile(".git/HEAD", `${sha}\n`)
    .withNewFile(".git/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
    .withNewFile(".git/index", emptyIndex)
    .withNewDirectory(".git/refs")
    .withDirectory(".git/objects", folder.directory(".git/objects"), { exclude: ["info/*alternates"] });
  return withoutGit(own.asGit().uncommitted().before());
}

function headFiles(folder: Directory): HeadFiles {
  const read = (path: string): Promise<string> => folder.file(`.git/${path}`).contents();
  return { head: () => read("HEAD"), ref: (name) => read(name).catch(() => undefined), packedRefs: () => read("packed-refs") };
}
