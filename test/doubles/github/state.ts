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

export interface PullRequest {
  readonly id: number;
  readonly number: number;
  readonly user: string;
  readonly draft: boolean;
  readonly createdAt: Date;
  readonly head: string;
  maintainerCanModify: boolean;
  title: string;
  body: string | null;
  state: "open" | "closed";
  /** The commits at the ends of both branches: they follow the branches while it is open. */
  headSha: string;
  base: string;
  baseSha: string;
  labels: string[];
  updatedAt: Date;
  closedAt: Date | null;
  mergedAt: Date | null;
  mergedBy: string | null;
  mergeCommitSha: string | null;
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
}

export interface State {
  /** `http://HOST`. */
  origin: string;
  readonly tokens: Grants;
  readonly repositories: Map<string, Repository>;
  /** Ids are unique over everything, so that one kind's id never works as another's by chance. */
  nextId(): number;
}

export function findRepository(state: State, fullName: string): Repository | undefined {
  return state.repositories.get(fullName.toLowerCase());
}

export function findPull(repository: Repository, number: number): PullRequest | undefined {
  return repository.pulls.find((pull) => pull.number === number);
}
