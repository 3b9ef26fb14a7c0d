import type { Event, WakeOn } from "../src/core/event.ts";
import type { ErrorCode } from "../src/core/errors.ts";
import type { Decision, FoundDecision } from "../src/core/gate/decision.ts";
import type { Claimed, Recorded } from "../src/core/run/journal.ts";
import type { Json } from "../src/core/json.ts";
import type { Rollout } from "../src/core/reporter.ts";
import type { LookClaim, LookEnding, NewReports, NewRollout, ReportEnding, StoredSubject, ToldOfRun } from "./store-reports.ts";

/**
 * The port to durable state: deliveries, runs, and the journals of their steps. The database behind it is a matter of configuration. A method that
 * returns has its effect on disk. Each may throw `unavailable`: then nothing is stored, or the next call with the same key finds it. Leases, back-off
 * and waiting go by the store's clock, which is one for all workers.
 */
export interface Store extends AsyncDisposable {
  /**
   * Stores a delivery with all of its runs, or nothing, and wakes the runs that wait for one of its events. If this source has sent its id before, or
   * the same content where that is known, nothing is stored, and the runs of that time are returned, however long ago they ended; one that made no run
   * then, and makes some now, is new. A delivery without an id or a content is always new. No transaction grows with the number of runs.
   */
  accept(delivery: NewDelivery, runs: readonly NewRun[], pace?: Pace): Promise<Accepted>;
  /** Returns the delivery that this source has sent before under this id of the provider, with its runs. */
  known(source: string, providerId: string): Promise<Accepted | undefined>;

  /**
   * Gives a run to a worker: of the source whose turn it is, the one that could have started first. Sources take turns, so that one with many runs
   * keeps no other waiting. A queued run can start if it is the first of its lane and none of the lane is running or waiting; a waiting one, when its
   * waiting is over. Undefined: there is none.
   */
  claim(worker: string, leaseMilliseconds: number): Promise<Claim | undefined>;
  /** Prolongs the lease. Throws `conflict` if another worker has the run by now: stop at once, nothing more of it is stored. */
  heartbeat(claim: Claim, leaseMilliseconds: number): Promise<{ readonly canceled: boolean }>;
  /** Returns the journal's entry of a step. */
  recorded(claim: Claim, step: string, key: string): Promise<Recorded | undefined>;
  /** Writes the journal's entry of a step. Throws `conflict` as `heartbeat` does. */
  record(claim: Claim, step: string, key: string, entry: Recorded): Promise<void>;
  /** Gives the key of a step to a run, unless another has it: see `Claimed`. Throws `conflict` as `heartbeat` does. */
  claimKey(claim: Claim, step: string, key: string): Promise<Claimed>;
  /** Ends the run, or this attempt at it. Returns the state that it is in then. Throws `conflict` as `heartbeat` does. */
  finish(claim: Claim, ending: Ending): Promise<RunState>;
  /** Adds lines to the run's log. Throws `conflict` as `heartbeat` does. */
  log(claim: Claim, lines: readonly LogLine[]): Promise<void>;

  /** Notes the group of the processes in which a run goes on. Throws `conflict` as `heartbeat` does. */
  noteGroup(claim: Claim, group: number): Promise<void>;
  /**
   * Ends attempts whose lease is over, as if each had failed with `retry`. So ends, before its lease is over and without a back-off, an attempt whose
   * holder `isGone` knows to be gone. Returns their number.
   */
  reap(isGone?: (holder: RunHolder) => boolean): Promise<number>;
  /** Deletes older runs that have ended, and deliveries without runs, in small batches. Delivery ids stay known. Returns the number of both. */
  prune(olderThanMilliseconds: number): Promise<number>;

  /**
   * Cancels a run at once if it waits or is queued; asks the worker of a running one to stop it. Returns its state then. Throws `not_found`, or
   * `conflict` for a run that has ended.
   */
  cancel(run: string): Promise<RunState>;
  /** Does so with all runs that have not ended and fit every given field, some at a time. Returns how many of each there were. */
  cancelAll(query: CancelQuery): Promise<{ readonly canceled: number; readonly stopping: number }>;
  /**
   * Records what a person has decided of a run, once, as the journal's entry of `decisionStep`, together with the act. It wakes the run. Returns false where
   * the same was decided before. Throws `not_found`, and `conflict` for a run that has ended, or of which the opposite was decided.
   */
  decide(run: string, decision: Decision, act: Act): Promise<boolean>;
  /**
   * Notes what a run has found that a person has decided of it at the Git provider, together with the act. It is noted once, however often it is found, and
   * opens no gate: the run finds it anew whenever it goes on. Throws `conflict` as `heartbeat` does.
   */
  noteDecision(claim: Claim, decision: FoundDecision): Promise<void>;
  /** Returns the acts of people, the newest first, of which none is ever changed. */
  audit(limit: number): Promise<readonly AuditEntry[]>;
  /** Queues a new run of the same input, with an empty journal. Returns its id. Throws `not_found`. */
  rerun(run: string): Promise<string>;
  run(id: string): Promise<StoredRun | undefined>;
  /** Newest first. */
  runs(query: RunQuery): Promise<readonly StoredRun[]>;
  /** Yields the lines in the order in which they were added, without the first `after` of them; none if the run is unknown. */
  logOf(run: string, after?: number): AsyncIterable<LogLine>;
  delivery(id: string): Promise<StoredDelivery | undefined>;
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<readonly ListedDelivery[]>;

  /**
   * Gives a report whose run has a newer state than was told to a worker. The repositories take turns. Of each, one report is in a worker's hands, and of
   * all four. After a try that has failed, the others of its repository wait with it. When the lease is over, another gets it. Undefined: there is none.
   */
  claimReport(worker: string, leaseMilliseconds: number): Promise<ReportClaim | undefined>;
  /**
   * Ends a try to tell. What was told of an older run of a route is told again of the newer ones about the same commit: the newest has the last word.
   * Throws `conflict` when the lease was over and another has the report.
   */
  endReport(claim: ReportClaim, ending: ReportEnding): Promise<void>;
  /**
   * Gives a change that is followed, of which its provider is to be asked, to a worker: an unproven event may be true, or nothing was heard for a week.
   * The repositories take turns as for `claimReport`: one look at each at a time, four of all, and one that does not answer rests.
   */
  claimLook(worker: string, leaseMilliseconds: number): Promise<LookClaim | undefined>;
  /** Ends a look. Throws `conflict` as `endReport` does, and when another event came meanwhile. */
  endLook(claim: LookClaim, ending: LookEnding): Promise<void>;
  /** Returns what is told of a run; nothing of an unknown one. */
  toldOf(run: string): Promise<ToldOfRun>;

  /** Writes so many bytes, and removes them: returns when a delivery of that size could be stored now. */
  probe(bytes: number): Promise<void>;

  /** Stores a configuration under its hash, for the runs that it makes. */
  keepConfig(hash: string, text: string): Promise<void>;
  config(hash: string): Promise<string | undefined>;
  /** Says which of the stored configurations the listener works by: a run may use no credential that has left it. */
  putInForce(hash: string): Promise<void>;
  /** Returns the text of the configuration in force. */
  configInForce(): Promise<string | undefined>;
}

/** The step under which a run's journal has what a person has decided of it. */
export const decisionStep = "decision";

/** How an act is called by which a person decides of a run. */
export const decisionActs = { approved: "approve run", rejected: "reject run" } as const;

/** An act of a person: `act` is such as `approve run`. */
export interface Act {
  /** A user of this machine for `cli`; for `comment`, `review` and `environment` an account of the run's Git provider. */
  readonly who: string;
  /** The way by which it was done. `signal`: by a delivery of a source. */
  readonly how: "token" | "slack" | "cli" | "signal" | FoundDecision["how"];
  readonly act: string;
}

/** An act that was done. */
export interface AuditEntry extends Act {
  readonly at: Date;
  /** The id of what it was done to. */
  readonly subject: string;
  /** The configuration by which that goes. */
  readonly configHash: string;
  readonly detail: Json;
}

/** A delivery that was verified and parsed. */
export interface NewDelivery {
  /** The name of the source in the configuration. */
  readonly source: string;
  /** The provider's id of it, or null. */
  readonly providerId: string | null;
  /** Those that the source's receiver names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly events: readonly Event[];
  /** Why nothing was read or run of it: it is beyond the limits of a delivery. Null: it is not. */
  readonly refused: string | null;
  /** A hash of its content, where the same content under another id is the same delivery. Null: it says nothing. */
  readonly content: string | null;
  /** False where its address alone proves its sender: what it says of a change that is followed is asked of the provider (default: true). */
  readonly proven?: boolean;
  /** The runs that it asks for anew, of a proven one alone: each that has ended is queued once more, in the same transaction, with an audit. */
  readonly reruns?: readonly AskedRerun[];
}

/** How fast the runs of a source start: it slows them, and refuses none. */
export interface Pace {
  /** Runs of a source that may be queued and start as soon as they can. */
  readonly queued: number;
  /** Milliseconds between the starts of those beyond. */
  readonly interval: number;
}

/** `newest`: at most one run of the lane is queued, the newest. `every`: all run, in the order in which they came. */
export type LanePolicy = "newest" | "every";

/** A run as a route makes it. */
export interface NewRun {
  readonly pipeline: string;
  readonly route: string;
  /** Runs of one lane never overlap (a concurrency group). */
  readonly lane: string;
  /** All runs of a lane that have not ended have one policy: a new run gets theirs. */
  readonly policy: LanePolicy;
  /** Under `newest`: accepting this run cancels the one that runs or waits. It starts only after that has ended. */
  readonly cancelRunning: boolean;
  readonly event: Event;
  readonly input: Json;
  readonly configHash: string;
  readonly maxAttempts: number;
  readonly timeoutMilliseconds: number;
  /** What is told of it elsewhere; undefined: nothing. A run that is read has it in `toldOf`. */
  readonly reports?: NewReports | undefined;
}

/** An accepted delivery. `duplicate`: it was accepted before. `reruns`: what became of those that it asks for, where it asks for any and is new. */
export type Accepted = {
  readonly duplicate: boolean;
  readonly delivery: string;
  readonly runs: readonly string[];
  readonly reruns?: readonly Rerun[];
};

/** A run that somebody asks for anew where its check is. */
export interface AskedRerun {
  readonly run: string;
  /** The repository and the commit of the check. */
  readonly repository: string;
  readonly commit: string;
  /** The account of who asks. */
  readonly by: string;
  /** The source that says so: only runs of its own are made anew. */
  readonly source: string;
}

/** What became of an asked one: the id of the new run, or why there is none. */
export type Rerun = { readonly of: string; readonly run: string } | { readonly of: string; readonly why: string };

/** `parked`: all attempts failed, and it needs attention. `superseded`: a newer run of its lane takes its place. */
export type RunState = (typeof runStates)[number];

/** All states, in the order in which a run may have them. */
export const runStates = ["queued", "running", "waiting", "succeeded", "failed", "parked", "canceled", "superseded", "skipped"] as const;

/** A run that a worker holds. The fence rises with each claim: a write by an older claim of the run is refused. */
export interface Claim extends NewRun {
  readonly id: string;
  readonly fence: number;
  /** From 1. A run that goes on after waiting, or after it was given back, is in the same attempt. */
  readonly attempt: number;
  readonly delivery: string;
}

/** Who holds a run: its worker, by the name of its claim, and the group of the run's own processes, once it was noted. */
export interface RunHolder {
  readonly worker: string;
  readonly group: number | undefined;
}

/** The ending of a run, or of an attempt. A run that somebody has canceled is not queued again and does not wait: it is `canceled`. */
export type Ending =
  | { readonly state: "succeeded"; readonly result: Json; readonly rollout?: NewRollout | undefined }
  /**
   * Nothing was done. `outdated`: the event is out of date, such as of a commit that is no longer the head; else nothing was to be done. `instead` is the run of what is so now. It is queued with the same delivery, unless a run
   * is queued in its lane, or one of the lane has done the same or was to, and was neither skipped nor superseded nor canceled by a newer one.
   */
  | { readonly state: "skipped"; readonly reason: string; readonly outdated: boolean; readonly instead?: NewRun }
  | { readonly state: "canceled" }
  /**
   * `retry`: requeued at its old position after exponential back-off (full jitter, 5 minutes at most) while attempts remain, then `parked`. If the
   * lane is `newest` and a newer run is queued: `superseded`.
   */
  | { readonly state: "failed"; readonly error: RunError; readonly retry: boolean }
  /** Given back: requeued at once, and the attempt does not count. `superseded` as above. */
  | { readonly state: "queued"; readonly reason: string }
  /** Keeps its lane, without a worker, until such an event, or for so many milliseconds. An event since the claim counts. */
  | { readonly state: "waiting"; readonly for: string; readonly wakeOn: WakeOn | undefined; readonly untilMilliseconds: number };

/** The error of a failed run, which holds no secret. */
export interface RunError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The place in a file of the application's repository, such as a line of its Dockerfile. */
  readonly place?: { readonly file: string; readonly line: number } | undefined;
}

/** A report that a worker is to send: the newest state of its run. */
export interface ReportClaim {
  readonly run: StoredRun;
  readonly reporter: string;
  readonly fence: number;
  /** Rises with each change: what is told is of this one. */
  readonly revision: number;
  readonly subject: StoredSubject | undefined;
  readonly rollout: Rollout | undefined;
}

/** A line of a run's log. */
export interface LogLine {
  readonly at: Date;
  readonly text: string;
}

/** A run as it is now. */
export interface StoredRun extends NewRun {
  readonly id: string;
  readonly delivery: string;
  readonly state: RunState;
  readonly attempt: number;
  readonly fence: number;
  readonly createdAt: Date;
  /** The time of the last claim. */
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  /** The reason for which it is queued, waiting or skipped. */
  readonly reason: string | undefined;
  /** True for one that was skipped as its event is out of date: what it was to do of its commit is not done. */
  readonly outdated: boolean;
  readonly result: Json | undefined;
  /** The error of the last attempt that failed. */
  readonly error: RunError | undefined;
  /** The run that this one repeats. */
  readonly rerunOf: string | undefined;
}

/** A query of runs: those that fit every given field. */
export interface RunQuery {
  readonly states?: readonly RunState[];
  readonly lane?: string;
  readonly delivery?: string;
  /** The end of its id. */
  readonly ending?: string;
  /** The repository of its event, such as `github.com/acme/app`. */
  readonly repository?: string;
  /** The most that are returned. */
  readonly limit: number;
}

/** A query of runs to cancel: those that fit every given field. */
export interface CancelQuery {
  readonly source?: string;
  readonly delivery?: string;
  readonly route?: string;
}

/** A delivery as it was accepted. */
export interface StoredDelivery extends Omit<NewDelivery, "content" | "proven" | "reruns"> {
  readonly id: string;
  readonly receivedAt: Date;
  /** Ids of its stored runs, the oldest first; reruns too. */
  readonly runs: readonly string[];
}

/** A delivery in a list, without its body, which may be large. */
export type ListedDelivery = Omit<StoredDelivery, "body">;

/** A query of deliveries. */
export interface DeliveryQuery {
  readonly source?: string;
  /** What its provider calls it. */
  readonly providerId?: string;
  /** The end of its id. */
  readonly ending?: string;
  /** The repository of one of its events, such as `github.com/acme/app`. */
  readonly repository?: string;
  /** The most that are returned. */
  readonly limit: number;
}
