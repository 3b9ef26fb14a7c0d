/** The rules of a decision on a run, whatever a store is made of. All are pure. */
import { FairleadError } from "../../../src/core/errors.ts";
import type { Decision } from "../../../src/core/gate/decision.ts";

/** Tells whether the same was decided before. Throws `conflict` where the opposite was: what was decided first stays. */
export function decisionMade(doing: string, id: string, before: Decision | undefined, decision: Decision): boolean {
  if (before === undefined) return false;
  if (before.verdict === decision.verdict && before.commit === decision.commit) return true;
  throw new FairleadError("conflict", `${doing}: ${before.by} has already ${before.verdict} ${id}`, {
    hint: "start it again to decide anew: fairlead runs rerun",
  });
}

/** Throws `conflict` for a run that has ended. */
export function decidable(doing: string, id: string, state: string): void {
  if (["queued", "running", "waiting"].includes(state)) return;
  throw new FairleadError("conflict", `${doing}: ${id} has already ended as ${state}`);
}
