// What several reporters read of a run in the same way.
import type { RunView } from "../core/reporter.ts";
import type { ProposedFact } from "../core/run/facts.ts";

/** Tells whether somebody goes on reporting a run: the listener does, and a command line that has not ended yet. */
export function isFollowed({ route, endedAt }: RunView): boolean {
  return route !== undefined || endedAt === undefined;
}

/** Returns the name of a pull request: `github.com/acme/fleet#12`. */
export function formatProposed({ repository, number }: ProposedFact): string {
  return `${repository}#${number}`;
}
