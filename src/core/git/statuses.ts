import type { Repository } from "./repository.ts";

/** A status that somebody reports on a commit. */
export interface NewStatus {
  /** What is reported on, such as `kustomization/app`. A commit has one status of each context: the latest. */
  readonly context: string;
  readonly state: "pending" | "success" | "failure" | "error";
  /** One line, of at most `Statuses.longest` UTF-16 units. GitHub takes no character above U+FFFF in it, nor in a context. */
  readonly description: string;
  /** The page that says more. */
  readonly url?: string | undefined;
}

/** A status of a commit. */
export interface CommitStatus extends NewStatus {
  readonly url: string | undefined;
  readonly createdAt: Date;
}

/** A status, and who has set it. */
export interface MadeStatus extends CommitStatus {
  readonly creator: string | undefined;
}

/** The history of one context on a commit, the newest status first. */
export interface StatusHistory {
  /** The newest ones: as many as one request tells, and at least one where there is any. */
  readonly newest: readonly MadeStatus[];
  /** True if the provider takes few more statuses of this context on the commit, or none. */
  readonly nearlyFull: boolean;
}

/** The operations on statuses of commits. They throw `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface Statuses {
  /** The longest description that the provider takes, in UTF-16 units. */
  readonly longest: number;
  /** Returns the latest status of each context on a commit, or on the head of a branch, and the commit's SHA. */
  list(repository: Repository, ref: string): Promise<{ readonly commit: string; readonly statuses: readonly CommitStatus[] }>;
  /** Returns what was reported in one context on a commit, by its full SHA. */
  history(repository: Repository, commit: string, context: string): Promise<StatusHistory>;
  /** Returns those of these statuses that the token's own user or App has set. Asks at most once who that is. */
  own(repository: Repository, statuses: readonly MadeStatus[]): Promise<readonly MadeStatus[]>;
  /** Reports on a commit, by its full SHA. Throws `unsupported` where the provider takes no more statuses of this context on it. */
  set(repository: Repository, commit: string, status: NewStatus): Promise<void>;
}
