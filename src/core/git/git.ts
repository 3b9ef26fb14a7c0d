import type { Repository } from "./repository.ts";
import type { Token } from "../credentials.ts";
import type { Tree } from "./tree.ts";

/** A commit, and when it was made: ISO 8601, with the committer's offset. */
export interface Commit {
  readonly sha: string;
  readonly date: string;
}

/** A commit of a branch, with its files. */
export interface Checkout {
  readonly branch: string;
  readonly commit: Commit;
  /** The commits that it was made on top of. */
  readonly parents: readonly string[];
  readonly tree: Tree;
}

/** A folder that is, whole and unchanged, a commit (or a folder below its root). */
export interface CleanFolder {
  readonly repository: Repository | undefined;
  readonly commit: Commit;
  /** Where the folder is in its repository: `services/api/`, or empty for the root. */
  readonly prefix: string;
}

/** A commit to make on top of another, and the branch to point at it. */
export interface GitPush {
  readonly repository: Repository;
  readonly branch: string;
  readonly parent: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly message: string;
  /** The SHA of the branch's current commit; undefined: the branch must not exist. Anything else found there is `Stale`. */
  readonly expected: string | undefined;
}

/** The access to a repository that is given to another process's Git, such as Dagger's. */
export interface GitAccess {
  readonly token: Token | undefined;
  readonly ssh: { readonly socket: string; readonly knownHosts: string } | undefined;
}

/** The port to Git repositories elsewhere. Throws `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface RemoteGit {
  /** Returns the commit that a branch, tag, full reference or full SHA names; without `ref`, the head of the default branch. */
  resolve(repository: Repository, ref: string | undefined): Promise<Commit>;
  /** Returns the newest commit of a branch with its files; without `branch`, of the default branch. */
  open(repository: Repository, branch: string | undefined): Promise<Checkout>;
  /** Returns the files of a branch, or undefined when there is no such branch. */
  openIfThere(repository: Repository, branch: string): Promise<Checkout | undefined>;
  /**
   * Makes the commit, pushes it, and returns its SHA. Throws `Stale` when the branch is not where `expected` says. With a signal,
   * that alone stops the push, not the end of the run: a step hands on the one that its `apply` is given.
   */
  push(change: GitPush, signal?: AbortSignal): Promise<string>;
}

/** The port to Git: repositories elsewhere, folders here, and what lets the Git of another process in. */
export interface Git extends RemoteGit {
  /** Returns what the folder is a commit of; undefined when it is none: not in Git, changed, or with files that Git ignores. */
  cleanFolder(path: string): Promise<CleanFolder | undefined>;
  /** Returns how Dagger's Git gets into the repository. The SSH agent behind it lives as long as the run. */
  access(repository: Repository): Promise<GitAccess>;
}
