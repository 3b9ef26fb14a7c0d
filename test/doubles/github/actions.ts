/** Workflows of a repository, their runs, and who starts them. Workflows are the files of the repository itself. */
import { parse } from "yaml";
import { tryGit } from "../bare.ts";
import { findCommit } from "./commits.ts";
import type { Repository, State } from "./state.ts";

/** An input of `workflow_dispatch`. */
export interface WorkflowInput {
  readonly required?: boolean;
  readonly default?: unknown;
}

/** What a workflow's file says, as far as the double obeys it. */
export interface WorkflowFile {
  readonly name: string;
  /** The title of its runs; undefined: GitHub's own. */
  readonly runName: string | undefined;
  /** Undefined: it has no `workflow_dispatch`. */
  readonly inputs: Readonly<Record<string, WorkflowInput | null>> | undefined;
  /** The types of `repository_dispatch`; undefined: it has none. Empty: any type. */
  readonly types: readonly string[] | undefined;
}

export interface WorkflowJob {
  readonly name: string;
  readonly conclusion: "success" | "failure" | "cancelled" | "skipped" | "timed_out";
  /** The name of the step that failed. */
  readonly failedStep?: string;
  /** The text of its log; undefined: it is gone. */
  readonly log?: string;
}

export interface WorkflowArtifact {
  readonly name: string;
  readonly zip: Uint8Array;
  readonly digest?: string;
}

export interface WorkflowRun {
  readonly id: number;
  readonly workflow: string;
  readonly event: "workflow_dispatch" | "repository_dispatch";
  readonly title: string;
  readonly branch: string;
  readonly sha: string;
  readonly actor: string;
  readonly createdAt: Date;
  /** Requests for which it is not shown yet. */
  hidden: number;
  attempt: number;
  status: "queued" | "in_progress" | "waiting" | "completed";
  conclusion: string | null;
  /** The environments whose approval it waits for. */
  environments: readonly string[];
  jobs: readonly (WorkflowJob & { readonly id: number })[];
  artifacts: readonly (WorkflowArtifact & { readonly id: number })[];
}

/** A dispatch, as it was asked for. */
export type Dispatched =
  | { readonly workflow: string; readonly ref: string; readonly inputs: Readonly<Record<string, unknown>> }
  | { readonly event_type: string; readonly client_payload: Readonly<Record<string, unknown>> | undefined };

export interface Actions {
  readonly runs: WorkflowRun[];
  readonly dispatched: Dispatched[];
  readonly states: Record<string, "active" | "disabled_manually" | "disabled_inactivity">;
  /** Whether a dispatch tells its run: `refused` and `unknown` are older Enterprise Servers. */
  details: "told" | "unknown" | "refused";
  /** Requests for which a new run is not shown yet. */
  lag: number;
}

export const noActions = (): Actions => ({ runs: [], dispatched: [], states: {}, details: "told", lag: 0 });

const folder = ".github/workflows";

/** Returns a workflow of a branch or tag; undefined where there is none. */
export async function readWorkflow(repository: Repository, ref: string, file: string): Promise<WorkflowFile | undefined> {
  const commit = await findCommit(repository, ref);
  const text = commit === undefined ? undefined : await tryGit(repository.folder, ["cat-file", "blob", `${commit}:${folder}/${file}`]);
  if (text === undefined) return undefined;
  const { name, on, "run-name": runName } = parse(text) as { name?: string; on: unknown; "run-name"?: string };
  const triggers = triggersOf(on);
  return {
    name: name ?? `${folder}/${file}`,
    runName,
    inputs:
      "workflow_dispatch" in triggers
        ? ((triggers.workflow_dispatch as { inputs?: WorkflowFile["inputs"] } | null)?.inputs ?? {})
        : undefined,
    types:
      "repository_dispatch" in triggers
        ? [(triggers.repository_dispatch as { types?: string | string[] } | null)?.types ?? []].flat()
        : undefined,
  };
}

/** `on: push`, `on: [push, workflow_dispatch]` or a mapping. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#on */
function triggersOf(on: unknown): Readonly<Record<string, unknown>> {
  if (typeof on === "string") return { [on]: null };
  return Array.isArray(on) ? Object.fromEntries((on as string[]).map((each) => [each, null])) : ((on ?? {}) as Record<string, unknown>);
}

/** Returns the files of the workflows of the default branch. */
export async function listWorkflows(repository: Repository): Promise<readonly string[]> {
  const text = await tryGit(repository.folder, ["ls-tree", "--name-only", `${repository.defaultBranch}:${folder}`]);
  return (text ?? "").split("\n").filter((name) => /\.ya?ml$/.test(name));
}

/** Returns an id that stays, of what has none of its own. */
export const workflowId = (repository: Repository, file: string): number =>
  [...`${repository.fullName}/${file}`].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 100_000_007, 7);

const textOf = (value: unknown = ""): string => (typeof value === "string" ? value : JSON.stringify(value));

interface Started extends Pick<WorkflowRun, "workflow" | "event" | "branch" | "actor"> {
  readonly file: WorkflowFile;
  /** The title that GitHub gives it. */
  readonly title: string;
  /** What `${{ inputs }}` and `${{ github.event.client_payload }}` are. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Starts a run, which stays queued until a test goes on with it. */
export async function startRun(state: State, repository: Repository, started: Started): Promise<WorkflowRun> {
  const { file, values, title, ...about } = started;
  const fill = (text: string): string =>
    text.replace(/\$\{\{\s*(?:inputs|github\.event\.client_payload)\.([\w-]+)\s*\}\}/g, (_, name: string) => textOf(values[name]));
  const run: WorkflowRun = {
    ...about,
    id: state.nextId(),
    title: file.runName === undefined ? title : fill(file.runName),
    sha: (await findCommit(repository, about.branch)) ?? "",
    createdAt: new Date(),
    hidden: repository.actions.lag,
    attempt: 1,
    status: "queued",
    conclusion: null,
    environments: [],
    jobs: [],
    artifacts: [],
  };
  repository.actions.runs.push(run);
  return run;
}
