import type { Directory } from "@dagger.io/dagger";
import { readOrigin, type Repository } from "../core/git/repository.ts";

/** The commit of a Dagger directory, whole and unchanged. */
export interface GivenCommit {
  readonly repository: Repository;
  readonly sha: string;
}

/**
 * Returns the commit of a Dagger directory. Undefined without `.git` or `origin`, or if any file differs from the
 * commit's.
 * Git's own `status` would not do: it passes over files that Git ignores, but a build takes them in.
 */
export async function readGivenCommit(folder: Directory): Promise<GivenCommit | undefined> {
  if (!(await folder.entries()).some((name) => name.replace(/\/$/, "") === ".git")) return undefined;
  const head = folder.asGit().head();
  const changes = withoutGit(folder).changes(head.tree({ discardGitDir: true }));
  const looks = [head.commit(), changes.isEmpty(), folder.file(".git/config").contents()] as const;
  // A `.git` that Git cannot read, such as that of a worktree, counts as none. If more is wrong, the build will say it.
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

/** Reads only what Git itself writes there: https://git-scm.com/docs/git-config#_configuration_file */
function originUrl(config: string): string {
  const [, section = ""] = /^\[remote "origin"\]$([^[]*)/m.exec(config) ?? [];
  return /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1] ?? "";
}
