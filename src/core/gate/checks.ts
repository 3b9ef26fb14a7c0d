import type { CheckRun } from "../git/checks.ts";
import type { CommitStatus } from "../git/statuses.ts";

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

/** Returns what the latest status and the latest check of a name come to together: where there are both, both have to pass. */
export function judgeCheck(status: CommitStatus | undefined, runs: readonly CheckRun[]): NamedCheck {
  const found = [status && ofStatus(status), ofRun(runs.at(-1))].filter((each) => each !== undefined);
  return (
    found.find(({ state }) => state === "failed") ??
    found.find(({ state }) => state === "pending") ??
    found[0] ?? { state: "missing", seen: "not there", url: undefined }
  );
}

function ofStatus({ state, url }: CommitStatus): NamedCheck {
  const seen = state;
  if (state === "success") return { state: "passed", seen, url };
  return { state: state === "pending" ? "pending" : "failed", seen, url };
}

function ofRun(run: CheckRun | undefined): NamedCheck | undefined {
  if (run === undefined) return undefined;
  const { status, conclusion, url } = run;
  if (status !== "completed") return { state: "pending", seen: status, url };
  const seen = conclusion ?? status;
  return { state: passing.includes(conclusion) ? "passed" : open.includes(conclusion) ? "pending" : "failed", seen, url };
}
