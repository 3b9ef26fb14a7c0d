import type { Directory } from "@dagger.io/dagger";
import { readOrigin, type Repository } from "../core/git/repository.ts";

/** What a folder of Dagger's is, whole and unchanged, a commit of. */
export interface GivenCommit {
  readonly repository: Repository;
  readonly sha: string;
}

/**
 * Returns what a folder of Dagger's is a commit of; undefined when it is none: it has no `.git`, no `origin`, or anything that is not byte for
 * byte the commit's. Git's own `status` would not do: it passes over files that Git ignores, which a build would take in.
 */
export async function readGivenCommit(folder: Directory): Promise<GivenCommit | undefined> {
  if (!(await folder.entries()).some((name) => name.replace(/\/$/, "") === ".git")) return undefined;
  const head = folder.asGit().head();
  const changes = withoutGit(folder).changes(head.tree({ discardGitDir: true }));
  const looks = [head.commit(), changes.isEmpty(), folder.file(".git/config").contents()] as const;
  // A `.git` that Git cannot read, such as that of a worktree, is as good as none: what else is wrong, the build will tell.
  const found = await Promise.all(looks).catch(() => undefined);
  if (found === undefined) return undefined;
  const [sha, unchanged, config] = found;
  const repository = readOrigin(originUrl(config));
  return unchanged && repository !== undefined ? { repository, sha } : undefined;
}

/** Returns the folder as a clone of it would be built: without `.git`. */
export function withoutGit(folder: Directory): Directory {
  return folder.withoutDirectory(".git");
}

/** https://git-scm.com/docs/git-config#_configuration_file: what Git itself writes there, no more. */
function originUrl(config: string): string {
  const [, section = ""] = /^\[remote "origin"\]$([^[]*)/m.exec(config) ?? [];
  return /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1] ?? "";
}
