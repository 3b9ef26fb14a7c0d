import type { Origin } from "./origin.ts";

/** An event of Flux or of a pipeline elsewhere. */
export type RolloutEvent = ReconciliationEvent | StageEvent;

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
