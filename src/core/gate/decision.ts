import { FairleadError, type ErrorDetails } from "../errors.ts";

/** What an administrator has decided of a run that waits for an approval. */
export type Decision = {
  readonly verdict: "approved" | "rejected";
  /** The commit for which it counts, and no other: a full SHA. */
  readonly commit: string;
  readonly by: string;
  /** Null: none was given. */
  readonly reason: string | null;
};

/** What somebody who counts has decided of a commit at its Git provider. */
export type FoundDecision = Pick<Decision, "verdict" | "commit" | "by"> & {
  readonly how: "review" | "comment" | "environment";
  /** Where it is written; null where it has no page. */
  readonly url: string | null;
};

/** Thrown when somebody who counts has rejected a commit at its Git provider. */
export class Rejected extends FairleadError {
  readonly decision: FoundDecision;

  constructor(message: string, decision: FoundDecision, details: ErrorDetails) {
    super("conflict", message, details);
    this.decision = decision;
  }
}
