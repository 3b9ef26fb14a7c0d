import type { Origin } from "./origin.ts";

/** An event of a Git repository or of its provider. */
export type GitEvent =
  PushEvent | TagEvent | PullRequestEvent | ReleaseEvent | CommentEvent | CheckEvent | WorkflowEvent | DeploymentEvent | InstallationEvent;

/** A branch has another head. */
export interface PushEvent extends Origin {
  readonly kind: "push";
  /** `host/path`, as in the web address of the repository. */
  readonly repository: string;
  readonly branch: string;
  readonly commit: string;
  /** The head before, or null for a new branch. */
  readonly before: string | null;
  /** The commits that its commits take back, by their messages; absent where there is none. */
  readonly reverts?: readonly string[];
}

/** A Git tag was made or moved. */
export interface TagEvent extends Origin {
  readonly kind: "tag";
  readonly repository: string;
  readonly tag: string;
  readonly commit: string | null;
}

/** A pull request has changed. */
export interface PullRequestEvent extends Origin {
  readonly kind: "pull-request";
  readonly repository: string;
  readonly number: number;
  readonly action: "opened" | "updated" | "merged" | "closed";
  /** The branch that is to be merged, in its own repository. */
  readonly branch: string;
  /** The head of that branch. */
  readonly commit: string;
  /** The branch into which it is to be merged. */
  readonly base: string;
  /** True if the branch is in another repository, whoever may push there. */
  readonly fork: boolean;
  /** Of `merged` alone: the commit that the merge made, or null if the provider names none. */
  readonly mergeCommit?: string | null;
  /** Of `merged` alone: the pull request of this repository that it takes back, by its body; absent where there is none. */
  readonly reverts?: number;
}

/** A release of a repository was published. */
export interface ReleaseEvent extends Origin {
  readonly kind: "release";
  readonly repository: string;
  readonly tag: string;
  readonly action: "published";
  readonly prerelease: boolean;
}

/** Somebody has written a comment on a pull request. */
export interface CommentEvent extends Origin {
  readonly kind: "comment";
  readonly repository: string;
  readonly number: number;
  readonly author: string;
  /** No delivery says what the author may do: whoever acts on the comment asks the provider. */
  readonly permission: "unknown";
  readonly text: string;
}

/** A commit has a new status or check: https://docs.github.com/en/rest/commits/statuses */
export interface CheckEvent extends Origin {
  readonly kind: "check";
  readonly repository: string;
  readonly commit: string;
  /** The name of the status or check. */
  readonly context: string;
  readonly state: "error" | "failure" | "pending" | "success";
  /** Only where the commit may be that of a fork: nothing shows that a branch of the repository has it. */
  readonly fork?: boolean;
}

/** A run of a workflow has begun or ended: https://docs.github.com/en/rest/actions/workflow-runs */
export interface WorkflowEvent extends Origin {
  readonly kind: "workflow";
  readonly repository: string;
  /** The id of the run. */
  readonly id: string;
  readonly name: string;
  readonly state: "requested" | "in_progress" | "completed";
  /** Null until it is completed. */
  readonly conclusion:
    "success" | "failure" | "neutral" | "cancelled" | "skipped" | "timed_out" | "action_required" | "stale" | "startup_failure" | null;
  readonly commit: string;
  /** Only where the run may have a fork's code. */
  readonly fork?: boolean;
}

/** A deployment was made, which is pending, or has a new status: https://docs.github.com/en/rest/deployments/statuses */
export interface DeploymentEvent extends Origin {
  readonly kind: "deployment";
  readonly repository: string;
  readonly id: string;
  readonly environment: string;
  readonly state: "error" | "failure" | "inactive" | "in_progress" | "queued" | "pending" | "success";
  readonly commit: string;
  /** The branch, tag or commit that was asked for. */
  readonly ref: string;
  /** Where the environment is reached. */
  readonly url: string | null;
  /** The head branch and the pull request that it is of, where the deployment says so. */
  readonly branch?: string;
  readonly pullRequest?: number;
  /** Only where the commit may be that of a fork. */
  readonly fork?: boolean;
}

/** An App was installed in repositories of an account, or is no longer: https://docs.github.com/en/apps/using-github-apps/about-using-github-apps */
export interface InstallationEvent extends Origin {
  readonly kind: "installation";
  /** `host/account`: an organization, or a person. */
  readonly account: string;
  readonly action: "created" | "deleted" | "suspended" | "unsuspended" | "permissions-accepted" | "added" | "removed";
  /** The repositories that the action is about: of `added` and `removed` those alone, of the others those that the provider lists. */
  readonly repositories: readonly string[];
}
