/** What a store keeps of what is told of a run elsewhere: its reports, and what has become of its pull request. */
import type { AskedDeployment, Rollout, RunProblem } from "../src/core/reporter.ts";

/** The reports of a new run. */
export interface NewReports {
  /** The names of reporters, each once, or `auto` where it is not known yet which one that is. */
  readonly reporters: readonly string[];
  /** What the run is about, by its event; undefined where only its result tells. */
  readonly subject: StoredSubject | undefined;
}

/** What a run is about, as text: see `Subject`. */
export interface StoredSubject {
  /** Such as `github.com/acme/app`. */
  readonly repository: string;
  readonly commit: string;
  readonly pullRequest?: number;
  readonly environment?: { readonly name: string; readonly url: string | null };
  readonly deployment?: AskedDeployment;
}

/** A report of a run as it is now. */
export interface StoredReport {
  readonly reporter: string;
  /** `wanted`: the newest state is yet to be told. `failed`: it cannot be told, and it is not tried again until the state is another. */
  readonly state: "wanted" | "sent" | "failed";
  /** When something was told or given up last; undefined: nothing yet. */
  readonly at: Date | undefined;
  /** Why the last try has failed. */
  readonly error: RunProblem | undefined;
}

/** All that is told of a run. */
export interface ToldOfRun {
  readonly reports: readonly StoredReport[];
  readonly rollout: Rollout | undefined;
}

/** The ending of one try to tell the newest state. */
export type ReportEnding =
  | { readonly state: "sent" }
  /** There is nothing to tell: nobody knows yet what the run is about. */
  | { readonly state: "nothing" }
  /** `retry`: again after exponential back-off, for a day. Else it is given up until the run's state is another, with one warning in its log. */
  | { readonly state: "failed"; readonly error: RunProblem; readonly retry: boolean }
  /** Given back: it is tried again at once. */
  | { readonly state: "wanted" };

/** The change of a Flux repository that a run has made, which is followed from then on. */
export interface NewRollout {
  /** Such as `github.com/acme/fleet`. */
  readonly repository: string;
  /** The pull request; undefined for a commit straight to the branch. */
  readonly number: number | undefined;
  /** The commit of the base branch that has the change, if there is one. */
  readonly commit: string | undefined;
  /** True if Flux has reported it as ready. */
  readonly ready: boolean;
  /** The one object whose report counts, as `kind/name`; undefined: every one that reports. */
  readonly object: string | undefined;
  /** The images that it sets, and those in whose place. */
  readonly images: readonly { readonly image: string; readonly from: string | undefined }[];
}

/** What is known of a change that is followed. */
export interface FollowedRollout extends NewRollout {
  readonly state: Rollout["state"];
  readonly message: string | undefined;
  /** What each object of Flux has reported last on its commit: null for ready, else what it says. */
  readonly objects: Readonly<Record<string, string | null>>;
  /** Objects that were ready at another commit. Whether that one has the change in its history, the provider is to be asked. */
  readonly later: readonly { readonly object: string; readonly commit: string }[];
}

/** A change of which its Git provider is to be asked. */
export interface LookClaim {
  readonly run: string;
  readonly fence: number;
  readonly rollout: FollowedRollout;
  /** The objects of Flux that have reported on earlier changes of the repository. */
  readonly known: readonly string[];
  /** When something was last heard of the change, in milliseconds since 1970. */
  readonly since: number;
}

/** What a look has found. `nothing`: nothing new. `pending`: more reports of Flux are expected, so that it asks again in 30 seconds, for ten minutes. */
export type LookEnding =
  | {
      readonly state: "found";
      readonly rollout: Pick<FollowedRollout, "state" | "commit" | "message"> & Partial<Pick<FollowedRollout, "objects">>;
      readonly pending?: boolean;
    }
  | { readonly state: "nothing"; readonly pending?: boolean }
  | { readonly state: "failed"; readonly retry: boolean }
  /** Given back: it is asked again at once. */
  | { readonly state: "wanted" };
