import type { WorkflowEvent } from "../../src/core/event/git.ts";

/** The conclusions of a workflow's run: https://docs.github.com/en/rest/actions/workflow-runs */
export const conclusions = [
  "success",
  "failure",
  "neutral",
  "cancelled",
  "skipped",
  "timed_out",
  "action_required",
  "stale",
  "startup_failure",
] as const satisfies readonly NonNullable<WorkflowEvent["conclusion"]>[];
