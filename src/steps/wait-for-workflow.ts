import { readOutputs, type WorkflowOutputs } from "../core/dispatch/outputs.ts";
import { lateHint } from "../core/dispatch/runs.ts";
import { FairleadError } from "../core/errors.ts";
import { requireDispatch, type Artifact, type Dispatches, type RunAddress, type WorkflowRun } from "../core/git/dispatch.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { unchanged, type Step } from "../core/run/step.ts";

/** The run of a workflow whose end is waited for. */
export interface WaitForWorkflowInput {
  readonly repository: Repository;
  /** Null in a dry run: it is not started. */
  readonly run: RunAddress | null;
  readonly until: Date;
  /** The artifact that has what the workflow tells; undefined: it tells nothing. */
  readonly outputs: string | undefined;
}

/** A run of a workflow that has succeeded. In a dry run nothing of it is known. */
export type FinishedRun = {
  readonly id: string | null;
  readonly url: string | null;
  readonly conclusion: string | null;
  readonly artifacts: readonly Artifact[];
  readonly outputs: WorkflowOutputs;
};

/** Conclusions after which the next step may go on. https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#steps-context */
const good: readonly (string | null)[] = ["success", "neutral", "skipped"];

/** Waits until a run of a workflow has ended. Throws `workflow_failed`, with the job that failed and its last lines. */
export const waitForWorkflow: Step<WaitForWorkflowInput, FinishedRun> = {
  name: "wait-for-workflow",
  needs: ["workflows:read"],
  wakesOn: ["workflow"],
  key: ({ repository, run }) => `${formatRepository(repository)} ${run === null ? "(known after it is started)" : `run ${run.id}`}`,
  async plan(ctx, { repository, run, until, outputs }) {
    const name = formatRepository(repository);
    const nothing: FinishedRun = { id: run?.id ?? null, url: run?.url ?? null, conclusion: null, artifacts: [], outputs: {} };
    if (run === null)
      return { ...unchanged(nothing), wait: { for: `the workflow of ${name}`, seen: "it is not started yet", until, hint: lateHint } };
    const dispatch = requireDispatch(ctx.gitProvider(repository.host), repository);
    const now = await dispatch.run(repository, run.id);
    if (now?.status !== "completed") {
      const wakeOn = { kind: "workflow", repository: name, id: run.id, state: "completed" } as const;
      return {
        ...unchanged(nothing),
        wait: { for: `run ${run.url}`, seen: await seenOf(dispatch, repository, now), until, wakeOn, hint: lateHint },
      };
    }
    if (!good.includes(now.conclusion)) throw await failure(dispatch, repository, now);
    const artifacts = await dispatch.artifacts(repository, run.id);
    const told = outputs === undefined ? {} : await readOutputs(dispatch, repository, run.id, outputs);
    return unchanged({ ...run, conclusion: now.conclusion, artifacts, outputs: told });
  },
};

/** Says what a run does. One that waits for people is not stalled. */
async function seenOf(dispatch: Dispatches, repository: Repository, run: WorkflowRun | undefined): Promise<string> {
  if (run === undefined) return "it is not shown yet";
  const again = run.attempt > 1 ? `, attempt ${run.attempt}` : "";
  if (run.status !== "waiting") return `it is ${run.status.replaceAll("_", " ")}${again}`;
  const names = await dispatch.pendingEnvironments(repository, run.id).catch(() => []);
  const what = names.length === 0 ? "an approval" : `the approval of environment ${names.join(", ")}`;
  return `it waits for ${what}${again}`;
}

const words: Readonly<Record<string, string>> = {
  cancelled: "it was canceled",
  timed_out: "it took too long",
  startup_failure: "it could not start: its file may be wrong",
  action_required: "somebody has to approve it first",
  stale: "it was given up",
};

async function failure(dispatch: Dispatches, repository: Repository, run: WorkflowRun): Promise<FairleadError> {
  const job = await dispatch.failedJob(repository, run.id).catch(() => undefined);
  const step = job?.step === undefined ? "" : ` at step "${job.step}"`;
  const ended = words[run.conclusion ?? ""] ?? "it failed";
  const cause = job === undefined ? ended : `${ended}, in job ${job.name}${step}`;
  return new FairleadError("workflow_failed", `wait for run ${run.id} of ${formatRepository(repository)}: ${cause}`, {
    hint: `see ${run.url}`,
    output: job?.lines ?? [],
  });
}
