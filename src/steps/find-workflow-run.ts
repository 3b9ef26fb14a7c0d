import { findRuns, known, type DispatchedRuns } from "../core/dispatch/once.ts";
import { FairleadError } from "../core/errors.ts";
import { requireDispatch, type RunAddress, type WorkflowRun } from "../core/git/dispatch.ts";
import { formatRepository } from "../core/git/repository.ts";
import { unchanged, type Context, type Step } from "../core/run/step.ts";

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
const nothing: RunAddress = { id: "", url: "" };

/** Waits until the run of a dispatch is shown, where the server did not say which it is. */
export const findWorkflowRun: Step<FindWorkflowRunInput, RunAddress> = {
  name: "find-workflow-run",
  needs: ["workflows:read"],
  wakesOn: ["workflow"],
  key: ({ repository, what, once }) => `${formatRepository(repository)} ${what}${known(once)}`,
  async plan(ctx, input) {
    const { repository, at, until } = input;
    const name = formatRepository(repository);
    const waiting = (seen: string) => ({
      ...unchanged(nothing),
      wait: { for: `the run of ${input.what} of ${name}`, seen, until, wakeOn: { kind: "workflow", repository: name } as const },
    });
    if (at === null) return waiting("it is not started yet");
    const since = new Date(at);
    const found = await narrow(ctx, input, await findRuns(ctx, input, since));
    if (found.length > 1) throw ambiguous(input, found);
    if (found[0] !== undefined) return unchanged({ id: found[0].id, url: found[0].url });
    if (ctx.now().getTime() >= since.getTime() + patience) throw missing(input);
    return waiting("it is not shown yet");
  },
};

/** Of several runs, those count that the owner of the token has started. */
async function narrow(
  ctx: Context,
  { repository, mark }: FindWorkflowRunInput,
  runs: readonly WorkflowRun[],
): Promise<readonly WorkflowRun[]> {
  if (runs.length < 2 || mark !== undefined) return runs;
  const login = await requireDispatch(ctx.gitProvider(repository.host), repository).login(repository);
  return runs.filter(({ actor }) => actor?.toLowerCase() === login?.toLowerCase());
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

function missing({ repository, what, event, mark }: FindWorkflowRunInput): FairleadError {
  const where = formatRepository(repository);
  const shown = mark === undefined ? "" : ` whose title has ${mark}`;
  const hints = {
    workflow_dispatch: "see whether the repository may run workflows",
    repository_dispatch: `let a workflow of the default branch listen to repository_dispatch of the type ${what}`,
  };
  const named = { workflow_dispatch: "", repository_dispatch: ", and leave out its run-name or name a key by --correlation-key" };
  const hint = mark === undefined ? `${hints[event]}${named[event]}` : `${hints[event]}, and show the correlation in its run-name`;
  return new FairleadError("not_found", `find the run of ${what} of ${where}: no run${shown} has appeared in 5 minutes`, { hint });
}
