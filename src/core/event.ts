import type { Digest } from "./image/image.ts";
import type { Json } from "./json.ts";

/** An event at a source: the part of a delivery that routes see. Names and values are as the source gave them; nothing is looked up. */
export type Event =
  | PushEvent
  | TagEvent
  | ImageEvent
  | PullRequestEvent
  | ReconciliationEvent
  | StageEvent
  | ReleaseEvent
  | ImageBuildEvent
  | DeploymentEvent
  | WorkflowEvent
  | CheckEvent
  | CommentEvent
  | ApprovalEvent
  | CallEvent;

/** Events of one kind, whose fields are equal to all that are named. */
export type EventPattern = Event extends infer E ? (E extends Event ? Pick<E, "kind"> & Partial<Omit<E, "kind">> : never) : never;

/** From where an event came. */
interface Origin {
  /** The kind of the source: the name of its receiver. */
  readonly source: string;
  /** The provider's delivery id, or null if it sends none. */
  readonly delivery: string | null;
}

/** A branch has another head. */
export interface PushEvent extends Origin {
  readonly kind: "push";
  /** `host/path`, as in the web address of the repository. */
  readonly repository: string;
  readonly branch: string;
  readonly commit: string;
  /** The head before, or null for a new branch. */
  readonly before: string | null;
}

/** A Git tag was made or moved. */
export interface TagEvent extends Origin {
  readonly kind: "tag";
  readonly repository: string;
  readonly tag: string;
  readonly commit: string | null;
}

/** An image was pushed to a registry. */
export interface ImageEvent extends Origin {
  readonly kind: "image";
  /** `registry/repository`, without tag and digest. */
  readonly image: string;
  readonly tag: string | null;
  readonly digest: Digest | null;
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
}

/** Flux has reported on what it applies. */
export interface ReconciliationEvent extends Origin {
  readonly kind: "reconciliation";
  /** `Kind/namespace/name`. */
  readonly object: string;
  readonly revision: string;
  readonly ready: boolean;
  readonly message: string;
}

/** A pipeline elsewhere, or a stage of it, has begun or ended. */
export interface StageEvent extends Origin {
  readonly kind: "stage";
  readonly pipeline: string;
  readonly stage: string | null;
  readonly state: "starting" | "succeeded" | "failed" | "canceled";
  readonly commit: string | null;
}

/** A release of a repository was published. */
export interface ReleaseEvent extends Origin {
  readonly kind: "release";
  readonly repository: string;
  readonly tag: string;
  readonly action: "published";
  readonly prerelease: boolean;
}

/** A registry has built an image: https://docs.quay.io/guides/notifications.html */
export interface ImageBuildEvent extends Origin {
  readonly kind: "image-build";
  /** The registry's id of the build. */
  readonly id: string;
  /** `registry/repository`, without tag and digest. */
  readonly image: string;
  readonly tags: readonly string[];
  readonly digest: Digest | null;
  /** The repository that was built; null if the registry does not name it. */
  readonly repository: string | null;
  /** A full ref, such as `refs/heads/main`. */
  readonly ref: string | null;
  readonly commit: string | null;
  readonly state: "succeeded";
}

/** A deployment has a new status: https://docs.github.com/en/rest/deployments/statuses */
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
}

/** A commit has a new status or check: https://docs.github.com/en/rest/commits/statuses */
export interface CheckEvent extends Origin {
  readonly kind: "check";
  readonly repository: string;
  readonly commit: string;
  /** The name of the status or check. */
  readonly context: string;
  readonly state: "error" | "failure" | "pending" | "success";
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

/** Somebody has approved a waiting run, or rejected it. Our own gate alone makes this event. */
export interface ApprovalEvent extends Origin {
  readonly kind: "approval";
  readonly run: string;
  /** The commit for which it counts, and no other. */
  readonly commit: string;
  readonly by: string;
  readonly verdict: "approved" | "rejected";
}

/** A program has called a route. The API alone makes this event. */
export interface CallEvent extends Origin {
  readonly kind: "call";
  /** The values that the route asks for, by name. */
  readonly input: Readonly<Record<string, Json>>;
}
