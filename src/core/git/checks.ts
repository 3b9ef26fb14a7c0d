import type { Repository } from "./repository.ts";

/** How a check run ended. https://docs.github.com/en/rest/checks/runs */
export type CheckConclusion = "success" | "failure" | "neutral" | "cancelled" | "skipped" | "timed_out" | "action_required";

/** A remark on lines of a file of the commit. */
export interface CheckAnnotation {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly level: "notice" | "warning" | "failure";
  readonly message: string;
}

/** What a check run is to show. */
export interface CheckReport {
  readonly name: string;
  /** The run that it shows: of several check runs of a name, each has its own. */
  readonly externalId: string;
  /** Undefined until it has ended. */
  readonly conclusion: CheckConclusion | undefined;
  /** Of one that has not ended. */
  readonly status: "queued" | "in_progress";
  readonly url: string | undefined;
  readonly startedAt: Date;
  readonly completedAt: Date | undefined;
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
}

/** A check run of a commit. */
export interface CheckRun {
  readonly id: number;
  readonly externalId: string;
  /** The slug of the App that has made it, such as `acme-ci`. */
  readonly app: string | undefined;
  /** The suite that it is in: an App has one on a commit, and GitHub Actions has one for each run of a workflow. */
  readonly suite: number | undefined;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: string | undefined;
  readonly url: string | undefined;
  readonly startedAt: Date | undefined;
  readonly title: string;
  readonly summary: string;
  /** The number of its annotations. */
  readonly annotations: number;
}

/** The operations on check runs of commits. They throw `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface Checks {
  /** The longest summary that the provider takes, in UTF-16 units. */
  readonly longest: number;
  /** Returns all check runs of a name on a commit, by its full SHA, the oldest first: also those that others have made. */
  list(repository: Repository, commit: string, name: string): Promise<readonly CheckRun[]>;
  /** Returns those of these check runs that the App of the token has made: none for any other token. Asks at most once which one that is. */
  own(repository: Repository, listed: readonly CheckRun[]): Promise<readonly CheckRun[]>;
  /** Returns the annotations of a check run. */
  annotations(repository: Repository, id: number): Promise<readonly CheckAnnotation[]>;
  /** Makes a check run, which can never be deleted, and returns its id. Throws `forbidden` unless the token is an App's. */
  create(repository: Repository, commit: string, report: CheckReport, annotations: readonly CheckAnnotation[]): Promise<number>;
  /** Changes a check run, and adds annotations to those that it has. Returns false, and changes nothing, for one that another App has made. */
  update(repository: Repository, id: number, report: CheckReport, annotations: readonly CheckAnnotation[]): Promise<boolean>;
}
