/** The state of the double of GitHub, beside the bare repositories. */
import type { Grants } from "../access.ts";
import type { Apps } from "./apps/state.ts";
import type { PeopleState } from "./people-state.ts";
import type { Actions } from "./actions.ts";
import type { AppsWeb } from "./apps-web/state.ts";

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
  /** A program has written it, whatever its name. */
  readonly bot?: boolean;
  /** An app has written it in the user's name. */
  readonly app?: boolean;
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

export interface CheckRun {
  readonly id: number;
  readonly sha: string;
  /** The slug of the App that made it. */
  readonly app: string;
  readonly suite: number;
  name: string;
  externalId: string;
  detailsUrl: string | null;
  status: "queued" | "in_progress" | "completed";
  conclusion: string | null;
  startedAt: Date;
  completedAt: Date | null;
  output: {
    readonly title: string | null;
    readonly summary: string | null;
    readonly text: string | null;
    readonly annotations: readonly {
      readonly path: string;
      readonly start_line: number;
      readonly end_line: number;
      readonly annotation_level: string;
      readonly message: string;
    }[];
  };
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: "error" | "failure" | "inactive" | "pending" | "success" | "queued" | "in_progress";
  readonly description: string;
  /** "": none. */
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly creator: string;
  readonly createdAt: Date;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly payload: object | string;
  readonly environment: string;
  readonly description: string | null;
  readonly production: boolean;
  readonly transient: boolean;
  readonly creator: string;
  readonly createdAt: Date;
  /** In their order. */
  readonly statuses: DeploymentStatus[];
}

export interface Milestone {
  readonly id: number;
  readonly number: number;
  readonly title: string;
}

export interface Review {
  readonly id: number;
  readonly user: string;
  readonly at: Date;
  readonly state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  /** The head at that time. */
  readonly commit: string;
  /** A program has submitted it, whatever its name. */
  readonly bot?: boolean;
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
  /** True once its base is another branch than it was opened to. */
  retargeted?: boolean;
  labels: string[];
  assignees: string[];
  /** Requested reviewers who have not given a review. */
  reviewers: string[];
  teams: string[];
  readonly reviews: Review[];
  milestone: Milestone | undefined;
  autoMerge:
    | {
        readonly method: "merge" | "squash" | "rebase";
        readonly by: string;
        readonly title?: string | undefined;
        readonly message?: string | undefined;
      }
    | undefined;
  updatedAt: Date;
  closedAt: Date | null;
  mergedAt: Date | null;
  mergedBy: string | null;
  mergeCommitSha: string | null;
  /** The commits for which it was computed whether it can be merged. */
  judged?: string;
}

/** The settings that the people of a repository have chosen. */
export interface Settings {
  /** People who may be assigned and asked for a review. */
  readonly collaborators: readonly string[];
  readonly teams: readonly string[];
  readonly autoMerge: boolean;
  /** A squash has the title of its pull request alone, if its merger gives no words. */
  readonly squashByTitle: boolean;
  /** True while a required check is missing: nothing is merged until it has come. */
  blocked: boolean;
  /** True if the base branch takes what its merge queue merges alone. */
  mergeQueue: boolean;
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
  readonly checks: CheckRun[];
  /** In their order. */
  readonly deployments: Deployment[];
  /** Records of the organization's artifacts that are of this repository. */
  readonly artifacts: Readonly<Record<string, unknown>>[];
  readonly labels: Label[];
  readonly milestones: Milestone[];
  readonly settings: Settings;
  readonly people: PeopleState;
  /** Its workflows and their runs. */
  readonly actions: Actions;
}

export interface State {
  /** `http://HOST`. */
  origin: string;
  readonly tokens: Grants;
  readonly repositories: Map<string, Repository>;
  /** The ids of repositories by the names in lower case that they had before. */
  readonly moved: Map<string, number>;
  readonly apps: Apps;
  readonly web: AppsWeb;
  /** The most entries of a tree in one answer. https://docs.github.com/en/rest/git/trees#get-a-tree */
  readonly treeLimit: number;
  /** IDs are unique across all kinds, so that one kind's ID never works as another's by chance. */
  nextId(): number;
}

export function findRepository(state: State, fullName: string): Repository | undefined {
  return state.repositories.get(fullName.toLowerCase());
}

export function findPull(repository: Repository, number: number): PullRequest | undefined {
  return repository.pulls.find((pull) => pull.number === number);
}
