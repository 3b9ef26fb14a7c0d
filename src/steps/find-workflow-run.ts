import { known } from "../core/dispatch/once.ts";
import { findRuns, guessed, lateHint, type DispatchedRuns } from "../core/dispatch/runs.ts";
import { FairleadError } from "../core/errors.ts";
import type { RunAddress, WorkflowRun } from "../core/git/dispatch.ts";
import { formatRepository } from "../core/git/repository.ts";
import { unchanged, type Plan, type Step } from "../core/run/step.ts";

/** The dispatch whose run is looked for. */
export interface FindWorkflowRunInput extends DispatchedRuns {
  /** What was dispatched, such as `deploy.yaml`. */
  readonly what: string;
  readonly once: string | undefined;
  /** When it was dispatched; null in a dry run. */
  readonly at: string | null;
  readonly until: Date;
}

/** Milliseconds in which a run appears: it is shown within seconds. */
const patience = 5 * 60_000;
/** Milliseconds from the making of a run in which another that is ours may still appear. */
const settling = 10_000;
const nothing: RunAddress = { id: "", url: "" };

/** Waits until the run of a dispatch is shown, where the server did not say which it is. One that no title names must stay the only one for a while. */
export const findWorkflowRun: Step<FindWorkflowRunInput, RunAddress> = {
  name: "find-workflow-run",
  needs: ["workflows:read"],
  wakesOn: ["workflow"],
  key: ({ repository, what, once }) => `${formatRepository(repository)} ${what}${known(once)}`,
  async plan(ctx, input) {
    if (input.at === null) return waiting(input, "it is not started yet");
    const since = new Date(input.at);
    const { runs, others, login } = await findRuns(ctx, input, since);
    if (runs.length > 1) throw ambiguous(input, runs);
    const [run] = runs;
    const now = ctx.now().getTime();
    if (run === undefined) {
      if (now >= since.getTime() + patience) throw missing(input, others, login);
      return waiting(input, "it is not shown yet");
    }
    const left = settledAt(input, run, since) - now;
    if (left > 0) return waiting(input, `it may be ${run.url}`, left);
    return unchanged({ id: run.id, url: run.url }, guessed(input, run, login));
  },
};

function waiting(input: FindWorkflowRunInput, seen: string, lookAfter?: number): Plan<RunAddress> {
  const name = formatRepository(input.repository);
  const wait = {
    for: `the run of ${input.what} of ${name}`,
    seen,
    until: input.until,
    wakeOn: { kind: "workflow", repository: name } as const,
    hint: lateHint,
  };
  return { ...unchanged(nothing), wait: { ...wait, ...(lookAfter !== undefined && { lookAfter }) } };
}

/** Returns the time, in milliseconds, from which a run is taken. The clock of a server that does not tell its time may be far ahead. */
function settledAt({ mark }: FindWorkflowRunInput, { madeAt }: WorkflowRun, since: Date): number {
  if (mark !== undefined) return 0;
  const made = Math.max(madeAt.getTime(), since.getTime());
  return Math.min(made, since.getTime() + patience) + settling;
}

function ambiguous({ repository, what, event, mark }: FindWorkflowRunInput, runs: readonly WorkflowRun[]): FairleadError {
  const ids = runs.map(({ id }) => id).join(", ");
  const hint =
    event === "workflow_dispatch"
      ? "name an input by --correlation-input, and show it in the workflow's run-name"
      : "name one workflow by --workflow, or a key of the payload by --correlation-key that its run-name shows";
  return new FairleadError("conflict", `find the run of ${what} of ${formatRepository(repository)}: it may be any of ${ids}`, {
    hint: mark === undefined ? hint : "show the correlation in the run-name of one workflow alone",
  });
}

function missing(
  { repository, what, event, mark }: FindWorkflowRunInput,
  others: readonly WorkflowRun[],
  login: string | undefined,
): FairleadError {
  const where = formatRepository(repository);
  const shown = mark === undefined ? "" : ` whose title has ${mark}`;
  const of = login === undefined ? "" : ` of ${login}`;
  const only = others.length === 0 ? "" : `, only those of others: ${others.map(({ id }) => id).join(", ")}`;
  const hints = {
    workflow_dispatch: "see whether the repository may run workflows",
    repository_dispatch: `let a workflow of the default branch listen to repository_dispatch of the type ${what}`,
  };
  const named = { workflow_dispatch: "", repository_dispatch: ", and leave out its run-name or name a key by --correlation-key" };
  const hint = mark === undefined ? `${hints[event]}${named[event]}` : `${hints[event]}, and show the correlation in its run-name`;
  return new FairleadError("not_found", `find the run of ${what} of ${where}: no run${shown}${of} has appeared in 5 minutes${only}`, {
    hint,
  });
}
