import type { CommitRange } from "./git.ts";
import type { Repository } from "./repository.ts";

/** A commit, as a list for people has it. Its texts are its author's. */
export interface ListedCommit {
  readonly sha: string;
  /** The login where the provider knows it, else the name. */
  readonly author: string;
  /** The first line of its message. */
  readonly subject: string;
  /** The pull requests that its subject names. */
  readonly pullRequests: readonly number[];
}

/** The commits that are new between two. */
export interface CommitsBetween {
  /** The newest first, at most 250. */
  readonly commits: readonly ListedCommit[];
  /** How many there are: more than `commits` where the list was cut. */
  readonly total: number;
}

/** What is read of commits. Its methods throw `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface Commits {
  /** Returns the commits that `to` has and `from` has not. */
  between(repository: Repository, range: CommitRange): Promise<CommitsBetween>;
  /** Returns the SHAs of the commits in a commit's history, without itself, the newest first, and at most so many: less than 100. */
  before(repository: Repository, sha: string, most: number): Promise<readonly string[]>;
  /** Returns the numbers of the pull requests that a commit came by, or that have it: that by which it was merged, that whose head it is, then others. */
  pullRequestsOf(repository: Repository, sha: string): Promise<readonly number[]>;
}
