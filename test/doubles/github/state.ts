/** What the double of GitHub remembers beside the bare repositories. */
import type { Grants } from "../access.ts";

export interface Label {
  readonly id: number;
  readonly name: string;
}

export interface Comment {
  readonly id: number;
  readonly issue: number;
  readonly user: string;
  body: string;
  readonly createdAt: Date;
  updatedAt: Date;
}

export interface Status {
  readonly id: number;
  readonly sha: string;
  readonly state: "error" | "failure" | "pending" | "success";
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: string;
  readonly createdAt: Date;
}

export interface Milestone {
  readonly id: number;
  readonly number: number;
  readonly title: string;
}

export interface PullRequest {
  readonly id: number;
  readonly number: number;
  readonly user: string;
  readonly draft: boolean;
  readonly createdAt: Date;
  readonly head: string;
  /** The owner of the fork that its head is in: such a head never moves here. */
  readonly fork: string | undefined;
  maintainerCanModify: boolean;
  title: string;
  body: string | null;
  state: "open" | "closed";
  /** The commits at the ends of both branches: they follow the branches while it is open. */
  headSha: string;
  base: string;
  baseSha: string;
  labels: string[];
  assignees: string[];
  /** Who is asked for a review and has not given one. */
  reviewers: string[];
  teams: string[];
  readonly reviews: { readonly id: number; readonly user: string; readonly at: Date }[];
  milestone: Milestone | undefined;
  autoMerge: { readonly method: "merge" | "squash" | "rebase"; readonly by: string } | undefined;
  updatedAt: Date;
  closedAt: Date | null;
  mergedAt: Date | null;
  mergedBy: string | null;
  mergeCommitSha: string | null;
}

/** What the people of a repository have decided. */
export interface Settings {
  /** Who may be assigned and asked for a review. */
  readonly collaborators: readonly string[];
  readonly teams: readonly string[];
  readonly autoMerge: boolean;
  /** Whether a required check has not come yet: nothing is merged until it has. */
  blocked: boolean;
}

export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly fullName: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  /** The bare repository. */
  readonly folder: string;
  readonly createdAt: Date;
  readonly pulls: PullRequest[];
  readonly comments: Comment[];
  readonly statuses: Status[];
  readonly labels: Label[];
  readonly milestones: Milestone[];
  readonly settings: Settings;
}

export interface State {
  /** `http://HOST`. */
  origin: string;
  readonly tokens: Grants;
  readonly repositories: Map<string, Repository>;
  /** How many entries one answer lists of a tree. https://docs.github.com/en/rest/git/trees#get-a-tree */
  readonly treeLimit: number;
  /** Ids are unique over everything, so that one kind's id never works as another's by chance. */
  nextId(): number;
}

export function findRepository(state: State, fullName: string): Repository | undefined {
  return state.repositories.get(fullName.toLowerCase());
}

export function findPull(repository: Repository, number: number): PullRequest | undefined {
  return repository.pulls.find((pull) => pull.number === number);
}
