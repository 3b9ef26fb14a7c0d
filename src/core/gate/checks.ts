import type { CheckRun } from "../git/checks.ts";
import type { CommitStatus } from "../git/statuses.ts";

/** What is waited for: a status or checks by their name, such as `ci/test`, or the checks of this name that one App has made, by its slug. */
export type WantedCheck = string | { readonly name: string; readonly app?: string | undefined };

/** What a commit's status and check of one name come to. */
export interface NamedCheck {
  readonly state: "passed" | "failed" | "pending" | "missing";
  /** What it is now, in its provider's word. */
  readonly seen: string;
  /** The page that says more. */
  readonly url: string | undefined;
}

/** Conclusions with which GitHub lets a protected branch be merged. https://docs.github.com/en/pull-requests/reference/status-checks */
const passing: readonly (string | undefined)[] = ["success", "neutral", "skipped"];
/** It goes on when somebody has done what it asks for. */
const open: readonly (string | undefined)[] = ["action_required"];

/**
 * Returns what the latest status and the checks of a name come to together: all have to pass. Whoever may write checks may use any name, so that none is
 * overruled by one of another App, nor by one of another workflow.
 */
export function judgeCheck(status: CommitStatus | undefined, runs: readonly CheckRun[]): NamedCheck {
  const found = [...(status === undefined ? [] : [ofStatus(status)]), ...latestOfSuites(runs).map(ofRun)];
  return (
    found.find(({ state }) => state === "failed") ??
    found.find(({ state }) => state === "pending") ??
    found[0] ?? { state: "missing", seen: "not there", url: undefined }
  );
}

/** Returns the latest run of each App and suite. */
function latestOfSuites(runs: readonly CheckRun[]): readonly CheckRun[] {
  return [...new Map(runs.map((run) => [`${run.app} ${run.suite}`, run])).values()];
}

function ofStatus({ state, url }: CommitStatus): NamedCheck {
  const seen = state;
  if (state === "success") return { state: "passed", seen, url };
  return { state: state === "pending" ? "pending" : "failed", seen, url };
}

function ofRun({ status, conclusion, url }: CheckRun): NamedCheck {
  if (status !== "completed") return { state: "pending", seen: status, url };
  const seen = conclusion ?? status;
  return { state: passing.includes(conclusion) ? "passed" : open.includes(conclusion) ? "pending" : "failed", seen, url };
}
