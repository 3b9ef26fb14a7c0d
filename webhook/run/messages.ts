import type { CommonConfig } from "../../src/config.ts";
import type { FoundDecision } from "../../src/core/gate/decision.ts";
import type { Claimed, Recorded } from "../../src/core/run/journal.ts";
import type { Claim, Ending } from "../store.ts";

/** The start of a run's process. Its secrets are by their references, and come through a pipe, never by argument or environment. */
export interface RunOrder {
  readonly type: "start";
  /** Its TMPDIR, which is its own: whoever is the last of it and its worker removes it. */
  readonly folder: string;
  readonly claim: Claim;
  /** The time of its first attempt, in milliseconds since 1970. */
  readonly began: number;
  /** True if an earlier process has begun it. */
  readonly resumed: boolean;
  /** Milliseconds that an effect under way has when the worker is gone: it ends before another worker may go on with the run. */
  readonly grace: number;
  /** Until when it may go on without a further word from its worker: see `heldUntil`. */
  readonly held: number;
  /** The configuration by which its route made it. */
  readonly config: string;
  /** The configuration's credentials that it may use, as references to the secrets. */
  readonly credentials: CommonConfig["credentials"];
  readonly secrets: Readonly<Record<string, string>>;
}

/** A message from a worker to the process of a run. */
export type ToRun =
  | RunOrder
  /** The answer to a question: the recorded entry, whose a key is, that an entry is recorded or a decision kept now, or that a step may act. */
  | ({ readonly type: "answer"; readonly id: number } & Answer)
  /** The worker is there, and the run is still its own. */
  | { readonly type: "held"; readonly until: number }
  /** An effect that is under way ends, and nothing else is begun. */
  | { readonly type: "stop" };

/** What is answered: by the kind of the question, one of them or none. */
export interface Answer {
  readonly entry?: Recorded | undefined;
  readonly claimed?: Claimed | undefined;
}

/** A message from the process of a run to its worker. */
export type FromRun =
  | { readonly type: "read"; readonly id: number; readonly step: string; readonly key: string }
  | { readonly type: "begin"; readonly id: number }
  | { readonly type: "claim"; readonly id: number; readonly step: string; readonly key: string }
  | { readonly type: "record"; readonly id: number; readonly step: string; readonly key: string; readonly entry: Recorded }
  | { readonly type: "found"; readonly id: number; readonly decision: FoundDecision }
  | { readonly type: "log"; readonly text: string }
  | { readonly type: "ended"; readonly ending: RunEnding };

/**
 * The ending of a run, by its process. `stopped`: its worker told it to, and knows the reason. `no-engine`: the engine did not answer, which is no
 * failure of the run.
 */
export type RunEnding =
  | Exclude<Ending, { state: "queued" } | { state: "canceled" }>
  | { readonly state: "stopped" }
  | { readonly state: "no-engine"; readonly reason: string };
