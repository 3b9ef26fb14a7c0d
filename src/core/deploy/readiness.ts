/** The rule by which reports of Flux say that a change is ready. It is pure. */
import type { CommitStatus } from "../git/statuses.ts";

/** What of Flux's reports is known, about a commit that has the change. Each list has the latest status of each context. */
export interface FluxReports {
  readonly own: readonly CommitStatus[];
  /** On later commits of the branch, which have the change too, the newest commit first. */
  readonly later: readonly CommitStatus[];
  /** The contexts in which Flux has reported on earlier commits. */
  readonly before: readonly string[];
}

/** `silent`: Flux has reported nothing. `pending`: not all that is waited for has reported. */
export type Readiness =
  { readonly state: "ready" } | { readonly state: "silent" } | { readonly state: "pending" | "unready"; readonly why: string };

/** Milliseconds for which other objects may still report, where no earlier commit tells which ones there are. */
export const settling = 2 * 60_000;

/**
 * Returns whether a change is ready: each context that Flux has reported on it or before it must have a success, on its commit or on a later one. Where
 * nothing was reported before it, more contexts may follow: what is there counts when nothing was added for two minutes, or if its name was given.
 */
export function readinessOf(reports: FluxReports, { named, now }: { readonly named: boolean; readonly now: Date }): Readiness {
  const counted = countedOf(reports);
  const unready = counted.find(({ state }) => state !== "success");
  if (unready !== undefined) return { state: "unready", why: saidBy(unready) };
  const missing = reports.before.find((context) => !counted.some((each) => each.context === context));
  if (missing !== undefined) return { state: "pending", why: `${missing} has not reported yet` };
  if (counted.length === 0) return { state: "silent" };
  const newest = Math.max(...counted.map(({ createdAt }) => createdAt.getTime()));
  if (named || reports.before.length > 0 || now.getTime() - newest >= settling) return { state: "ready" };
  return { state: "pending", why: `${counted.map(({ context }) => context).join(", ")} is ready, and others may still report` };
}

/** Of each context a success counts wherever it is: a failure that a later commit has fixed is none, and what a later commit has broken was ready. */
export function countedOf({ own, later }: Pick<FluxReports, "own" | "later">): readonly CommitStatus[] {
  const contexts = Map.groupBy([...later, ...own], ({ context }) => context);
  return [...contexts.values()].flatMap((all) => all.find(({ state }) => state === "success") ?? all.slice(0, 1));
}

function saidBy({ context, state, description }: CommitStatus): string {
  return `${context} is ${state}${description === "" ? "" : `: ${description}`}`;
}
