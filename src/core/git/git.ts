import type { Repository } from "./repository.ts";
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

/** A folder that is no commit. */
export interface NotClean {
  /** Why, of the folder: `data.bin is changed`. */
  readonly notClean: string;
  readonly hint: string;
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

/** The files of a commit in a folder, without `.git`. It lives as long as the run. */
export interface FetchedFiles {
  readonly path: string;
  /** Where the engine finds it: on this machine, or in the container of our module. */
  readonly place: "host" | "module";
}

/** A commit whose files are wanted. */
export interface WantedFiles extends Commit {
  readonly repository: Repository;
  /** The repositories of the submodules that it may have. Each is fetched with its own credential. */
  readonly submodules: readonly Repository[];
}

/** The port to Git repositories elsewhere. Throws `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface RemoteGit {
  /** Returns the commit that a branch, tag, full reference or full SHA names; without `ref`, the head of the default branch. */
  resolve(repository: Repository, ref: string | undefined): Promise<Commit>;
  /** Returns the newest commit of a branch with its files; without `branch`, of the default branch. */
  open(repository: Repository, branch: string | undefined): Promise<Checkout>;
  /** Returns the files of a branch, or undefined when there is no such branch. */
  openIfThere(repository: Repository, branch: string): Promise<Checkout | undefined>;
  /** Returns the files of a commit, by its full SHA. */
  tree(repository: Repository, sha: string): Promise<Tree>;
  /**
   * Makes the commit, pushes it, and returns its SHA. Throws `Stale` when the branch is not where `expected` says. With a signal,
   * that alone stops the push, not the end of the run: a step hands on the one that its `apply` is given.
   */
  push(change: GitPush, signal?: AbortSignal): Promise<string>;
  /**
   * Asks whether the credential may push to the repository, of which this commit was read. Leaves nothing behind. Throws as a push would. A branch's own
   * protection shows only when it is pushed.
   */
  checkPush(repository: Repository, commit: string): Promise<void>;
}

/** Commits of a repository up to one of them. */
export interface CommitsQuery {
  /** The SHA of a commit that is not among them any more, nor is what it is made on; `null`: the newest commit alone is wanted. */
  readonly from: string | null;
  readonly to: string;
}

/** Two commits of a repository, by their SHAs, the older first. */
export interface CommitRange {
  readonly from: string;
  readonly to: string;
}

/** A commit, and what its author says of it. */
export interface PushedCommit {
  readonly sha: string;
  readonly message: string;
}

/** The port to Git: repositories elsewhere, and folders here. */
export interface Git extends RemoteGit {
  /** Returns what the folder is a commit of, or why it is none: not in Git, changed, or with files that Git ignores. */
  cleanFolder(path: string): Promise<CleanFolder | NotClean>;
  /** Tells whether a file of this machine is there. */
  hasFile(path: string): Promise<boolean>;
  /**
   * Fetches the files of a commit, so that the engine is given files and never a credential. Undefined where that must be left to the engine, as it is
   * in a module without a token. Throws `input` for a submodule whose repository is not named.
   */
  fetchFiles(wanted: WantedFiles): Promise<FetchedFiles | undefined>;
  /** Returns the commits that `to` has and `from` has not, the newest first; undefined where that cannot be told: many lie between, or `from` is no part of it. */
  commitsBetween(repository: Repository, range: CommitsQuery): Promise<readonly PushedCommit[] | undefined>;
  /** Returns the paths of the files in which two commits differ; undefined where that cannot be told. A file that has moved is two paths. */
  pathsBetween(repository: Repository, range: CommitRange): Promise<readonly string[] | undefined>;
  /** Throws when there cannot be a way into the repository: no key for it, or no API. Nothing is asked of its server. */
  checkAccess(repository: Repository): Promise<void>;
}
