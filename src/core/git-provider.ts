import type { Repository } from "./repository.ts";

/** A pull request, on GitLab called a merge request. */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  /** The commit at its head now. */
  readonly commit: string;
}

/** What names a pull request that is open: there is at most one from a branch to another. */
export interface PullRequestQuery {
  readonly repository: Repository;
  readonly head: string;
  readonly base: string;
}

/** The words of a pull request. */
export interface PullRequestText {
  readonly title: string;
  readonly body: string;
}

/** The port to a Git provider's own API. What it can do shows in which methods it has: a step says plainly when one is missing. */
export interface GitProvider {
  readonly name: string;
  serves(host: string): boolean;
  /** Returns the open pull request from `head` to `base`; undefined when there is none. */
  readonly findPullRequest?: (query: PullRequestQuery) => Promise<PullRequest | undefined>;
  /** Opens one. Throws `conflict` when one is open already, `not_found` when a branch is missing. */
  readonly openPullRequest?: (query: PullRequestQuery, text: PullRequestText) => Promise<PullRequest>;
  /** Changes title and body. */
  readonly editPullRequest?: (repository: Repository, number: number, text: PullRequestText) => Promise<PullRequest>;
}
