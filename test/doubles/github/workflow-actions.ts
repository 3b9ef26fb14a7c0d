/** What becomes of the workflows of a repository, as a test says. */
import type { Actions, Dispatched, WorkflowArtifact, WorkflowJob, WorkflowRun } from "./actions.ts";
import type { Repository, State } from "./state.ts";

/** What becomes of a run of a workflow. */
export interface RunProgress extends Partial<Pick<WorkflowRun, "status" | "conclusion" | "attempt" | "environments">> {
  readonly jobs?: readonly WorkflowJob[];
  readonly artifacts?: readonly WorkflowArtifact[];
}

export interface WorkflowActions {
  /** Returns the dispatches of a repository, in their order. */
  dispatched(name: string): readonly Dispatched[];
  /** Returns the runs of its workflows, in their order. */
  workflowRuns(name: string): readonly Readonly<WorkflowRun>[];
  /** Goes on with a run of a workflow: what is not given stays. */
  advanceRun(name: string, id: number, to: RunProgress): void;
  /** Sets what becomes of new runs, and of workflows by their files. */
  setWorkflows(name: string, settings: Partial<Pick<Actions, "details" | "lag" | "states">>): void;
}

export function workflowActions(state: State, need: (name: string) => Repository): WorkflowActions {
  return {
    dispatched: (name) => need(name).actions.dispatched,
    workflowRuns: (name) => need(name).actions.runs,
    advanceRun(name, id, { jobs, artifacts, ...to }) {
      const run = need(name).actions.runs.find((each) => each.id === id);
      if (!run) throw new Error(`find run ${id} of ${name}: no such run`);
      Object.assign(run, to.conclusion == null ? {} : { status: "completed" }, to);
      if (jobs) run.jobs = jobs.map((job) => ({ id: state.nextId(), ...job }));
      if (artifacts) run.artifacts = artifacts.map((artifact) => ({ id: state.nextId(), ...artifact }));
    },
    setWorkflows: (name, settings) => void Object.assign(need(name).actions, settings),
  };
}
