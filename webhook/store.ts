import type { Event, EventPattern } from "../src/core/event.ts";
import type { ErrorCode } from "../src/core/errors.ts";
import type { Recorded } from "../src/core/run/journal.ts";
import type { Json } from "../src/core/json.ts";

/**
 * What the listener must not lose: deliveries, runs, and what each run's steps have done. One port, so that the engine behind it (a file, a server)
 * is a matter of configuration. Every method that returns has its effect on disk; every one may throw `unavailable`, and then nothing of it is
 * stored, or it is found on the next call with the same key. The store has the clock: leases, back-off and waiting are by one clock for all workers.
 */
export interface Store extends AsyncDisposable {
  /**
   * Stores a delivery with its runs in one transaction, unless this source has accepted its id before: then it stores nothing and names the runs of
   * that time, however long they have ended. A delivery without an id is always new. Runs that wait for one of its events go on: so a delivery is
   * accepted without runs too.
   */
  accept(delivery: NewDelivery, runs: readonly NewRun[]): Promise<Accepted>;
  /** Returns what became of a delivery that this source has sent before, by the provider's id of it. */
  known(source: string, providerId: string): Promise<Accepted | undefined>;

  /**
   * Gives a run to a worker: of those that are the first of their lane, in which none is running or waiting, and of those whose waiting is over, the
   * one that could have started first. Undefined: there is none.
   */
  claim(worker: string, leaseMilliseconds: number): Promise<Claim | undefined>;
  /** Prolongs the lease. Throws `conflict` when the run is another's by now: stop at once, nothing of it will be stored. */
  heartbeat(claim: Claim, leaseMilliseconds: number): Promise<{ readonly canceled: boolean }>;
  /** Returns what a step of the run has recorded. */
  recorded(claim: Claim, step: string, key: string): Promise<Recorded | undefined>;
  /** Records what a step has done. Throws `conflict` as `heartbeat` does. */
  record(claim: Claim, step: string, key: string, entry: Recorded): Promise<void>;
  /** Ends the run, or this attempt at it. Throws `conflict` as `heartbeat` does. */
  finish(claim: Claim, ending: Ending): Promise<void>;
  /** Adds lines to the run's log. Throws `conflict` as `heartbeat` does. */
  log(claim: Claim, lines: readonly LogLine[]): Promise<void>;

  /** Takes runs whose lease is over from their workers, as if each had failed with `retry`. Returns how many. */
  reap(): Promise<number>;
  /** Deletes, in small batches, runs that have ended and deliveries whose runs are all gone, older than this. Delivery ids stay known. Returns how many. */
  prune(olderThanMilliseconds: number): Promise<number>;

  /** Ends a run that waits or is queued; asks the worker of a running one to. Returns its state then. Throws `not_found`, and `conflict` for one that has ended. */
  cancel(run: string): Promise<RunState>;
  /** Makes a new run of the same input, with a journal of its own, as if it had come now. Returns its id. Throws `not_found`. */
  rerun(run: string): Promise<string>;
  run(id: string): Promise<StoredRun | undefined>;
  /** Newest first. */
  runs(query: RunQuery): Promise<readonly StoredRun[]>;
  /** Returns the lines that there are, in the order in which they were added. None: the run has no log, or is not known. */
  logOf(run: string): AsyncIterable<LogLine>;
  delivery(id: string): Promise<StoredDelivery | undefined>;
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<readonly ListedDelivery[]>;

  /** Keeps an accepted configuration under its hash, for the runs that were made by it. */
  keepConfig(hash: string, text: string): Promise<void>;
  config(hash: string): Promise<string | undefined>;
}

/** A delivery that was verified and parsed. */
export interface NewDelivery {
  /** The name of the source in the configuration. */
  readonly source: string;
  /** The provider's id of it, or null. */
  readonly providerId: string | null;
  /** Those on the allow-list. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly events: readonly Event[];
}

/** `newest`: at most one run of the lane waits its turn, the newest. `every`: all run, in the order in which they came. */
export type LanePolicy = "newest" | "every";

/** A run as a route makes it. */
export interface NewRun {
  readonly pipeline: string;
  readonly route: string;
  /** What runs one at a time. */
  readonly lane: string;
  /** Of all runs of a lane that have not ended it is one: as long as there are any, it is theirs. */
  readonly policy: LanePolicy;
  /** Of `newest`: what runs or waits is canceled when this is accepted. This one starts only after it has ended. */
  readonly cancelRunning: boolean;
  readonly event: Event;
  readonly input: Json;
  readonly configHash: string;
  readonly maxAttempts: number;
  readonly timeoutMilliseconds: number;
}

/** What has become of a delivery. */
export type Accepted = { readonly duplicate: boolean; readonly delivery: string; readonly runs: readonly string[] };

/** `parked`: it has failed at its last attempt, and somebody should look. `superseded`: a newer one of its lane runs in its place. */
export type RunState = (typeof runStates)[number];

/** All states, in the order in which a run may have them. */
export const runStates = ["queued", "running", "waiting", "succeeded", "failed", "parked", "canceled", "superseded", "skipped"] as const;

/** A run in a worker's hands. The fence rises with each claim of the store: what an older one of the run writes is refused. */
export interface Claim extends NewRun {
  readonly id: string;
  readonly fence: number;
  /** 1 for the first. One that goes on after it has waited, or was given back, is the attempt that it was. */
  readonly attempt: number;
  readonly delivery: string;
}

/** How a run, or an attempt at it, has ended. One that was to be canceled is not queued again and does not wait: it is `canceled`. */
export type Ending =
  | { readonly state: "succeeded"; readonly result: Json }
  /** Nothing was to be done any more, such as for a commit that is no longer the head. */
  | { readonly state: "skipped"; readonly reason: string }
  | { readonly state: "canceled" }
  /**
   * `retry`: as long as attempts are left, it is queued again after a back-off with full jitter of at most five minutes, in its old place; then it is
   * `parked`. Under `newest`, when a newer one of its lane is queued, it is `superseded` instead.
   */
  | { readonly state: "failed"; readonly error: RunError; readonly retry: boolean }
  /** Given back: it is queued at once, and the attempt does not count. `superseded` as above. */
  | { readonly state: "queued"; readonly reason: string }
  /** It keeps its lane, without a worker, until such an event or so many milliseconds from now. An event that came since the claim counts. */
  | { readonly state: "waiting"; readonly for: string; readonly wakeOn: EventPattern | undefined; readonly untilMilliseconds: number };

/** What a failed run says: never a secret. */
export interface RunError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
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
  /** When it was claimed last. */
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  /** Why it is not running, for one that is queued, waiting or skipped. */
  readonly reason: string | undefined;
  readonly result: Json | undefined;
  /** Of its last attempt that failed. */
  readonly error: RunError | undefined;
  /** The run that it was made anew of. */
  readonly rerunOf: string | undefined;
}

/** Which runs: all that fit each field that is given. */
export interface RunQuery {
  readonly states?: readonly RunState[];
  readonly lane?: string;
  readonly delivery?: string;
  /** At most so many. */
  readonly limit: number;
}

/** A delivery as it was accepted. */
export interface StoredDelivery extends NewDelivery {
  readonly id: string;
  readonly receivedAt: Date;
  /** Those that are still stored, the oldest first, also those that were made anew. */
  readonly runs: readonly string[];
}

/** A delivery in a list: bodies are large. */
export type ListedDelivery = Omit<StoredDelivery, "body">;

/** Which deliveries. */
export interface DeliveryQuery {
  readonly source?: string;
  /** At most so many. */
  readonly limit: number;
}
