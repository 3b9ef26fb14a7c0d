import type { RunFacts } from "./run/facts.ts";
import type { ErrorCode } from "./errors.ts";
import type { Repository } from "./git/repository.ts";
import type { Permission } from "./permission.ts";
import type { Context } from "./run/step.ts";

/** What a run is about: the commit of the application, and where it is shown. */
export interface Subject {
  /** The id of the run. */
  readonly run: string;
  readonly repository: Repository;
  /** The commit of the application, not that of the Flux repository: a full SHA. */
  readonly commit: string;
  /** The pull request of the application from which the commit comes. */
  readonly pullRequest?: number | undefined;
  readonly environment?: Environment | undefined;
  /** The deployment that asked for the run: what becomes of it is shown there, where the run deploys to its environment. */
  readonly deployment?: AskedDeployment | undefined;
  /** The page of the run, such as that of a job of GitHub Actions. */
  readonly url?: string | undefined;
}

/** An environment of the configuration: its name, and where what runs there is reached. */
export interface Environment {
  readonly name: string;
  readonly url: string | undefined;
}

/** A deployment that somebody has made, for a run to do. */
export interface AskedDeployment {
  readonly id: number;
  readonly environment: string;
}

/** The whole state of a run, so that a later report replaces an earlier one. */
export interface RunView {
  readonly pipeline: string;
  /** The name that the route which made it is told by; undefined for a run of a command line. */
  readonly route: string | undefined;
  readonly state: "queued" | "running" | "waiting" | "succeeded" | "failed" | "parked" | "canceled" | "superseded" | "skipped";
  /** Why it waits, was skipped or was superseded. */
  readonly reason: string | undefined;
  /** True for one that was skipped as its event is out of date: what it was to do of its commit is not done. Else nothing was to be done. */
  readonly outdated: boolean;
  /** The error of the last attempt. */
  readonly error: RunProblem | undefined;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  /** What the run has made, as far as it is known. */
  readonly facts: RunFacts;
  /** What has become of the pull request that the run has opened; undefined where it has opened none. */
  readonly rollout: Rollout | undefined;
}

/** The error of a run, as a report shows it. */
export interface RunProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The place in a file of the application's repository, such as a line of its Dockerfile. */
  readonly place?: { readonly file: string; readonly line: number } | undefined;
}

/**
 * What became of a change of the Flux repository: its pull request is open, merged or closed; Flux has reported that what was merged is ready, or not;
 * or the merge was reverted. `unknown`: nothing was heard of it for a week, so that nobody waits for it any more.
 */
export interface Rollout {
  readonly state: "proposed" | "merged" | "closed" | "ready" | "unready" | "reverted" | "unknown";
  /** The commit of the Flux repository that has the change; undefined before it is merged. */
  readonly commit: string | undefined;
  /** What Flux says of an object that is not ready. */
  readonly message?: string | undefined;
  readonly at: Date;
}

/** The part of a run's context that a report needs, and the page of the job that it runs in. */
export type ReportContext = Pick<Context, "gitProvider" | "signal" | "now" | "report"> & {
  /** Undefined where nothing but a terminal or a log shows the job. */
  readonly page?: JobPage | undefined;
};

/** A page in Markdown that a CI system shows beside a job's log. Others write on it too. */
export interface JobPage {
  /** The longest text that it takes, in bytes of UTF-8. */
  readonly longest: number;
  /** Returns the whole text; empty where there is none yet. */
  read(): Promise<string>;
  /** Replaces the whole text. Throws `input` where it cannot be written. */
  write(text: string): Promise<void>;
}

/** A way to show a run where its commit is. It keeps nothing: it looks, then writes the difference. */
export interface Reporter {
  readonly name: "status" | "check" | "deployment" | "comment" | "summary";
  readonly needs: readonly Permission[];
  /**
   * Brings what is shown up to the state. Done twice, the second changes nothing. Throws what its requests throw; what the token may not do is
   * `forbidden`, and what the provider cannot do `unsupported`.
   */
  report(ctx: ReportContext, subject: Subject, view: RunView): Promise<void>;
}
