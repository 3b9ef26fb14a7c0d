import type { Octokit } from "#sdk/@octokit/rest";
import type { Artifact, RunQuery, WorkflowRun } from "../../core/git/dispatch.ts";
import type { Owned } from "./connection.ts";
import { statusOf } from "./failure.ts";
import type { ReadStored } from "./storage.ts";
import { onlyFile } from "./zip.ts";

/** GitHub's times have whole seconds: milliseconds by which a run may seem older than it is. */
const rounding = 2_000;

/**
 * Returns the newest runs that fit. The server's answer tells its clock: this machine's may be minutes off.
 * https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository
 */
export async function listRuns(octokit: Octokit, at: Owned, { event, workflow, ref, since }: RunQuery): Promise<readonly WorkflowRun[]> {
  const query = { ...at, event, per_page: 100, ...(ref !== undefined && { branch: ref.replace(/^refs\/(heads|tags)\//, "") }) };
  const { data, headers } =
    workflow === undefined
      ? await octokit.rest.actions.listWorkflowRunsForRepo(query)
      : await octokit.rest.actions.listWorkflowRuns({ ...query, workflow_id: workflow });
  const from = since.getTime() - rounding;
  return data.workflow_runs.map((each) => toRun(each, headers)).filter(({ madeAt }) => madeAt.getTime() >= from);
}

/** Returns a run; undefined where it is not shown, as a new one may be. */
export async function readRun(octokit: Octokit, at: Owned, id: string): Promise<WorkflowRun | undefined> {
  try {
    const { data, headers } = await octokit.rest.actions.getWorkflowRun({ ...at, run_id: Number(id) });
    return toRun(data, headers);
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Returns the names of the environments that have not approved a run. https://docs.github.com/en/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run */
export async function listPending(octokit: Octokit, at: Owned, id: string): Promise<readonly string[]> {
  const { data } = await octokit.rest.actions.getPendingDeploymentsForRun({ ...at, run_id: Number(id) });
  return data.flatMap(({ environment: { name } }) => name ?? []);
}

/** Pages of 100 artifacts that are read. */
const mostPages = 10;

/**
 * Returns the artifacts of a run, the newest first: a run that was run again has one of a name for each attempt.
 * https://docs.github.com/en/rest/actions/artifacts#list-workflow-run-artifacts
 */
export async function listArtifacts(octokit: Octokit, at: Owned, id: string, name?: string): Promise<readonly Artifact[]> {
  const query = { ...at, run_id: Number(id), per_page: 100, ...(name !== undefined && { name }) };
  let pages = 0;
  const found = await octokit.paginate(octokit.rest.actions.listWorkflowRunArtifacts, query, ({ data }, done) => {
    if (++pages === mostPages) done();
    return data;
  });
  return found
    .toSorted((one, other) => other.id - one.id)
    .map((each) => ({ name: each.name, id: String(each.id), size: each.size_in_bytes, digest: each.digest ?? null }));
}

/** Bytes of an artifact that is read, packed and unpacked. */
const most = { archive: 2 ** 20, file: 64 * 1024 };

/** Returns an artifact, packed. https://docs.github.com/en/rest/actions/artifacts#download-an-artifact */
export async function readArtifact(octokit: Octokit, at: Owned, id: string, readStored: ReadStored): Promise<Uint8Array> {
  const where = { ...at, artifact_id: Number(id), archive_format: "zip", request: { redirect: "manual" } } as const;
  const { headers } = await octokit.request("GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}", where);
  return await readStored(octokit, headers.location, { most: most.archive });
}

/** Returns the text of the one file of an artifact. */
export function textOfArtifact(doing: string, bytes: Uint8Array): string {
  return new TextDecoder().decode(onlyFile(doing, bytes, most.file));
}

/** The part of GitHub's runs that is read. */
interface GitHubRun {
  readonly id: number;
  readonly html_url: string;
  readonly display_title: string;
  readonly actor?: { readonly login: string } | null;
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly created_at: string;
  readonly run_attempt?: number;
}

function toRun(run: GitHubRun, { date }: { readonly date?: string }): WorkflowRun {
  const { id, html_url: url, display_title: title, actor, status, conclusion, run_attempt: attempt } = run;
  const theirs = Date.parse(date ?? "");
  const ahead = Number.isNaN(theirs) ? 0 : theirs - Date.now();
  const madeAt = new Date(Date.parse(run.created_at) - ahead);
  return { id: String(id), url, title, actor: actor?.login, status: status ?? "queued", conclusion, madeAt, attempt: attempt ?? 1 };
}
