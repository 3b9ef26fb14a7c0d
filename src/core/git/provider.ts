import type { z } from "zod";
import type { AdapterKind, AdapterOptions } from "../adapter.ts";
import type { AppOptions, AppTokens } from "./app.ts";
import type { TokenIdentity } from "../token.ts";
import { FairleadError } from "../errors.ts";
import type { Allowed } from "../server-url.ts";
import type { Checks } from "./checks.ts";
import type { Comments } from "./comments.ts";
import type { Commits } from "./commits.ts";
import type { Artifacts, Deployments } from "./deployments.ts";
import type { Dispatches } from "./dispatch.ts";
import type { AppProvider } from "./app-provider.ts";
import type { RemoteGit } from "./git.ts";
import type { People } from "./people.ts";
import { formatRepository, type Repository } from "./repository.ts";
import type { Statuses } from "./statuses.ts";

/** The method by which a pull request is merged into its base. */
export type MergeMethod = "merge" | "squash" | "rebase";

/** A pull request, on GitLab called a merge request. */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: "open" | "merged" | "closed";
  readonly title: string;
  readonly body: string;
  /** The branch at its head; of another repository where `fork` says so. */
  readonly head: string;
  readonly fork: boolean;
  /** The branch into which it is to be merged; absent where the provider does not say it. */
  readonly base?: string;
  /** The commit at its head: now while it is open, else when it was closed. */
  readonly commit: string;
  /** The commit of the base branch that merged it. */
  readonly mergeCommit: string | undefined;
  /** ISO 8601. */
  readonly closedAt: string | undefined;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  /** Users and teams whose review is asked for and has not come yet. */
  readonly reviewers: readonly string[];
  readonly teamReviewers: readonly string[];
  readonly milestone: string | undefined;
  /** The method of auto-merge; undefined when auto-merge is off. */
  readonly autoMerge: MergeMethod | undefined;
}

/** From one branch of a repository to another. At most one pull request between them is open. */
export interface PullRequestBranches {
  readonly repository: Repository;
  readonly head: string;
  readonly base: string;
}

/** The files that a pull request changes. */
export interface ProposedFiles {
  /** At most 100. */
  readonly paths: readonly string[];
  /** False if it changes more. */
  readonly isWhole: boolean;
  /** The commit that its first commit was made on top of. */
  readonly from: string | undefined;
  /** True if it was opened to another base. */
  readonly retargeted: boolean;
}

/** Which pull requests are looked for. */
export interface PullRequestQuery {
  readonly repository: Repository;
  readonly base: string;
  /** Only those from this branch of the repository itself. */
  readonly head?: string;
  readonly state: "open" | "closed" | "all";
  /** Only those that were changed at this time or later: ISO 8601. */
  readonly changedSince?: string;
}

/** The words of a pull request. */
export interface PullRequestText {
  readonly title: string;
  readonly body: string;
}

/** The additions to a pull request. Existing ones stay. */
export interface PullRequestAdditions {
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly reviewers: readonly string[];
  readonly teamReviewers: readonly string[];
  /** By its title. */
  readonly milestone: string | undefined;
}

/** The options for closing a pull request in favour of another. */
export interface PullRequestClosing {
  readonly body: string;
  readonly comment: string;
  /** True to delete its branch too. */
  readonly deleteBranch: boolean;
}

/** A branch, the commit at its head, and the pull requests from it. */
export interface ProposedBranch {
  readonly name: string;
  readonly commit: string;
  readonly message: string;
  /** The number of commits that it was made on top of. */
  readonly parents: number;
  /** When its changes were made, and when the commit was: ISO 8601. Whoever amends a commit makes it later than its changes. */
  readonly authored: string;
  readonly committed: string;
  /** True if a pull request from it is open, whatever its base. */
  readonly isOpen: boolean;
  /** The newest pull requests from a branch of this name that are over. */
  readonly ended: readonly Pick<PullRequest, "state" | "body" | "commit">[];
}

/** The operations on branches that say which pull requests a branch has. */
export interface ProposedBranches {
  /** Returns the branches whose names begin so: a whole folder of names, such as `fairlead/`. At most 1,000. */
  list(repository: Repository, folder: string): Promise<readonly ProposedBranch[]>;
  /** Deletes a branch. Throws `Stale` unless its head is this commit. */
  delete(repository: Repository, branch: Pick<ProposedBranch, "name" | "commit">): Promise<void>;
}

/** An entry of a commit's tree that is no folder. */
export interface CommitEntry {
  readonly path: string;
  /** As Git writes it: 100644, 100755 for a program, 120000 for a link, 160000 for a submodule. */
  readonly mode: string;
  /** The SHA of its blob, or of a submodule's commit. */
  readonly sha: string;
  /** In bytes. */
  readonly size: number;
  /** Returns its bytes; those of a link are where it leads to. A submodule has none. */
  read(): Promise<Uint8Array>;
}

/** Git by a provider's API. */
export interface ApiGit extends RemoteGit {
  /** Returns all entries of a commit's tree, by its full SHA. */
  entries(repository: Repository, sha: string): Promise<readonly CommitEntry[]>;
}

/** The operations of a Git provider's API. A step fails with a clear error when it needs one that is missing. */
export interface GitProviderAdapter {
  /** Git without a clone: repositories read and written by the provider's API alone. */
  readonly git?: ApiGit;
  /** The operations on pull requests. */
  readonly pullRequests?: PullRequests;
  /** The operations on branches that may have pull requests. */
  readonly branches?: ProposedBranches;
  /** The operations on check runs of commits. */
  readonly checks?: Checks;
  /** The operations on statuses of commits. */
  readonly statuses?: Statuses;
  /** What people may do, and what they have said of a commit. */
  readonly people?: People;
  /** The operations on records of what runs where. */
  readonly deployments?: Deployments;
  /** The operations on an organization's list of artifacts. */
  readonly artifacts?: Artifacts;
  /** The operations on comments of pull requests. */
  readonly comments?: Comments;
  /** What is read of commits. */
  readonly commits?: Commits;
  /** The operations on workflows and their runs. */
  readonly dispatch?: Dispatches;
  /** Returns who the token for a host, or for a place below it, is; undefined where there is no token. */
  readonly identity?: (place: string) => Promise<TokenIdentity | undefined>;
  /** Tells whether the provider signs the commits that it makes by its API for the owner of a token. */
  readonly signsCommits?: (token: string) => boolean;
  /** Returns the page that compares two commits. */
  readonly comparePage?: (repository: Repository, from: string, to: string) => string;
}

/** The properties of a kind of Git provider. */
interface GitProviderFacts {
  readonly name: string;
  /** The user name beside a token, where Git asks for one. */
  readonly tokenUsername: string;
  /** The provider's own terms, in the singular. */
  readonly words: { readonly pullRequest: string };
}

/** The port to a Git provider: its adapter, with what is known of its kind. */
export interface GitProvider extends GitProviderAdapter, GitProviderFacts {}

/** A kind of Git provider. Its tokens are those of its hosts and repositories. */
export interface GitProviderKind<S extends z.ZodType = z.ZodType>
  extends AdapterKind<GitProviderAdapter, AdapterOptions<Allowed<z.output<S>>>, S>, GitProviderFacts {
  /** The host that its token in the environment is for. */
  tokenHost?(settings: z.output<S> | undefined): string;
  serves(host: string, settings: z.output<S> | undefined): boolean;
  /** Returns the command by which the provider's own program prints the token of the person who runs it. */
  tokenCommand?(host: string): readonly [program: string, ...args: string[]];
  /** Returns the tokens of an app of the provider. Nothing is asked before one is wanted. Without it, the provider has no apps. */
  appTokens?(options: AppOptions<Allowed<z.output<S>>>): AppTokens;
  /** Returns its Apps: identities of programs, which people install at accounts. Left out where it has none. */
  apps?(options: AdapterOptions<Allowed<z.output<S>>>): AppProvider;
}

/** All that is done with pull requests. Its methods throw `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface PullRequests {
  /** Returns those that fit, the newest first. */
  list(query: PullRequestQuery): Promise<readonly PullRequest[]>;
  read(repository: Repository, number: number): Promise<PullRequest>;
  /** Returns what the newest 100 open pull requests to a base change, by their numbers: one request. */
  files(repository: Repository, base: string): Promise<ReadonlyMap<number, ProposedFiles>>;
  /** Tells whether anybody has reviewed it. */
  isReviewed(repository: Repository, number: number): Promise<boolean>;
  /** Opens one. Throws `conflict` when one is open already, `not_found` when a branch is missing. */
  open(branches: PullRequestBranches, text: PullRequestText, draft: boolean): Promise<PullRequest>;
  /** Changes title and body. */
  edit(repository: Repository, number: number, text: PullRequestText): Promise<PullRequest>;
  /** Throws `input`, as `add` would, for a user or a milestone that the repository has not. What the token may not ask is left to `add`. Changes nothing. */
  checkAdditions(repository: Repository, additions: PullRequestAdditions): Promise<void>;
  /** Throws `input` for a user, a team or a milestone that the repository has not. */
  add(repository: Repository, number: number, additions: PullRequestAdditions): Promise<void>;
  /** Has it merged as soon as it may be: at once if nothing stands against it. Throws `unsupported` where the repository does not allow it. */
  autoMerge(repository: Repository, pull: PullRequest, method: MergeMethod): Promise<void>;
  /** Closes it, with the last word. Stopped half-way, it is still open, and closing it again does the rest. */
  close(repository: Repository, pull: PullRequest, closing: PullRequestClosing): Promise<void>;
}

/** Returns what a repository's provider does with pull requests, or throws `unsupported`. */
export function requirePullRequests({ name, words, pullRequests }: GitProvider, repository: Repository): PullRequests {
  if (pullRequests !== undefined) return pullRequests;
  throw new FairleadError("unsupported", `open ${words.pullRequest} in ${formatRepository(repository)}: ${name} cannot do this`, {
    hint: "commit straight to the branch with --direct",
  });
}
