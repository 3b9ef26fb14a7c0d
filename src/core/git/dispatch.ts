import { FairleadError } from "../errors.ts";
import { formatRepository, type Repository } from "./repository.ts";

/** A workflow of a repository. */
export interface Workflow {
  readonly name: string;
  /** Where its file is in the repository. */
  readonly path: string;
  /** Why nothing can start it, such as `disabled_manually`; undefined: it can be started. */
  readonly disabled: string | undefined;
}

/** The file of a workflow at a branch or tag. `unread`: the token may not read it. */
export type WorkflowText = { readonly text: string } | "no ref" | "no file" | "unread";

/** A workflow to start, as its file at a branch or tag has it. */
export interface WorkflowDispatch {
  /** The name of its file. */
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** An event to make, for all workflows of the default branch that listen to it. */
export interface RepositoryDispatch {
  readonly event: string;
  readonly payload: Readonly<Record<string, string>>;
}

/** The id and the page of a run of a workflow. */
export type RunAddress = { readonly id: string; readonly url: string };

/** A run of a workflow. */
export interface WorkflowRun extends RunAddress {
  readonly title: string;
  /** The login of whoever has started it. */
  readonly actor: string | undefined;
  /** `completed`, or what it does now: `queued`, `in_progress`, `waiting`. */
  readonly status: string;
  /** Such as `success` or `failure`; null until it is completed. */
  readonly conclusion: string | null;
  /** When it was made, by this machine's clock. */
  readonly madeAt: Date;
  /** From 1: a run that is run again has the next one. */
  readonly attempt: number;
}

/** Which runs are looked for. */
export interface RunQuery {
  readonly event: "workflow_dispatch" | "repository_dispatch";
  /** The name of the workflow's file; undefined: any workflow. */
  readonly workflow: string | undefined;
  /** The branch or tag; undefined: any. */
  readonly ref: string | undefined;
  /** Those that were made then or later, by this machine's clock. */
  readonly since: Date;
}

/** A job that has kept a run of a workflow from succeeding. */
export interface FailedJob {
  readonly name: string;
  /** The name of the step that failed; undefined where none did. */
  readonly step: string | undefined;
  /** The last lines of its log, up to its last error; none where the log cannot be read. */
  readonly lines: readonly string[];
}

/** A file that a run of a workflow has uploaded. */
export type Artifact = { readonly name: string; readonly id: string; readonly size: number; readonly digest: string | null };

/** All that is done to start workflows and to follow their runs. */
export interface Dispatches {
  /** Returns a workflow of the default branch, by the name of its file. Throws `not_found`. */
  workflow(repository: Repository, file: string): Promise<Workflow>;
  /** Returns the file of a workflow, by its path, at a branch or tag. */
  workflowText(repository: Repository, path: string, ref: string): Promise<WorkflowText>;
  /** Starts a workflow. Returns its run, or undefined where the server does not tell which it is. */
  startWorkflow(repository: Repository, dispatch: WorkflowDispatch): Promise<RunAddress | undefined>;
  /** Makes an event. Nobody tells whether a workflow listens. */
  makeEvent(repository: Repository, dispatch: RepositoryDispatch): Promise<void>;
  /** Returns the newest 100 runs, or less, that fit: the newest first. */
  runs(repository: Repository, query: RunQuery): Promise<readonly WorkflowRun[]>;
  /** Returns a run; undefined where it is not shown, as a new one may be. */
  run(repository: Repository, id: string): Promise<WorkflowRun | undefined>;
  /** Returns the environments whose approval a run waits for. */
  pendingEnvironments(repository: Repository, id: string): Promise<readonly string[]>;
  /** Returns the first job that has failed in the last attempt of a run; undefined where none has. */
  failedJob(repository: Repository, id: string): Promise<FailedJob | undefined>;
  /** Returns the newest artifacts of a run, at most 1000: the newest first. `name`: those of this name alone. */
  artifacts(repository: Repository, id: string, name?: string): Promise<readonly Artifact[]>;
  /** Returns the text of the one file of an artifact, of at most 64 KiB. Throws `input` for several files, and for a longer one. */
  artifactText(repository: Repository, id: string): Promise<string>;
  /** Returns the login of the token; undefined where it has none. */
  login(repository: Repository): Promise<string | undefined>;
}

/** A provider, which may know workflows. */
interface WithDispatch {
  readonly name: string;
  readonly dispatch?: Dispatches;
}

/** Returns what a repository's provider does with workflows, or throws `unsupported`. */
export function requireDispatch({ name, dispatch }: WithDispatch, repository: Repository): Dispatches {
  if (dispatch !== undefined) return dispatch;
  throw new FairleadError("unsupported", `start a workflow of ${formatRepository(repository)}: ${name} cannot do this`);
}
