/** The rules by which a report of a run is told, tried again and given up, whatever a store is made of. All are pure. */
import type { RunProblem } from "../../../src/core/reporter.ts";
import type { LookEnding, ReportEnding } from "../../store-reports.ts";
import { backoffAfter } from "./ending.ts";

/** What a store reads of a report when a try to tell it ends. */
export interface ReportFacts {
  /** Tries that have failed since something was told last. */
  readonly attempt: number;
  /** When its run has got the state that is to be told. */
  readonly wantedAt: number;
  /** Its run has another state by now. */
  readonly changed: boolean;
  readonly now: number;
  /** The share of the longest back-off that it rests: from 0 to 1, drawn by chance. */
  readonly random: number;
}

/** A report after a try: all that is written of it. */
export interface SettledReport {
  /** What was done with the state of which it was. `later`: nothing yet. */
  readonly outcome: "told" | "nothing" | "given-up" | "later";
  /** The time from which a worker may have it again; undefined: there is nothing to tell. */
  readonly dueAt: number | undefined;
  readonly attempt: number;
  readonly error: RunProblem | undefined;
}

/** Milliseconds for which a state is tried to be told. */
export const longestTry = 24 * 60 * 60_000;

/** Milliseconds that a run which goes on after it has waited has, before that is told: mostly it only looks, and waits on. */
export const settling = 5_000;

/** Returns what becomes of a report after a try. See `ReportEnding`. */
export function settleReport(ending: ReportEnding, { attempt, wantedAt, changed, now, random }: ReportFacts): SettledReport {
  const next = changed ? now : undefined;
  if (ending.state === "wanted") return { outcome: "later", dueAt: now, attempt, error: undefined };
  if (ending.state !== "failed")
    return { outcome: ending.state === "sent" ? "told" : "nothing", dueAt: next, attempt: 0, error: undefined };
  const { error, retry } = ending;
  if (!retry || now - wantedAt > longestTry) return { outcome: "given-up", dueAt: next, attempt: 0, error };
  return { outcome: "later", dueAt: now + backoffAfter(attempt + 1, random), attempt: attempt + 1, error };
}

/** How many reports are sent at a time, by all workers: each is a process of its own. */
export const mostSending = 4;

/** How many providers are asked at a time, by all workers: each by a process of its own. */
export const mostLooking = 4;

/** Returns until when the reports of a repository, or the looks at it, rest after a try, and how many have failed one after the other; undefined: as before. */
export function restOfQueue(
  ending: ReportEnding | LookEnding,
  { attempt, now, random }: Pick<ReportFacts, "attempt" | "now" | "random">,
): { readonly dueAt: number; readonly attempt: number } | undefined {
  if (ending.state === "wanted") return undefined;
  if (ending.state !== "failed" || !ending.retry) return { dueAt: 0, attempt: 0 };
  return { dueAt: now + backoffAfter(attempt + 1, random), attempt: attempt + 1 };
}

/** Returns whether a report is told, is yet to be, or cannot be. */
export function stateOfReport(due: boolean, error: RunProblem | undefined): "wanted" | "sent" | "failed" {
  if (due) return "wanted";
  return error === undefined ? "sent" : "failed";
}
