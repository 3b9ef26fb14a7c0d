import type { Digest } from "./image/image.ts";

/** What happened elsewhere, in our words: all that a route sees of a delivery. Names and values are as the source gave them; nothing is looked up. */
export type Event = PushEvent | TagEvent | ImageEvent | PullRequestEvent | ReconciliationEvent | StageEvent;

/** From where an event came. */
interface Origin {
  /** The kind of the source, such as `github`. */
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
