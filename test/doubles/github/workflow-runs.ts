/** https://docs.github.com/en/rest/actions/workflow-runs, /workflow-jobs and /artifacts */
import type { WorkflowJob, WorkflowRun } from "./actions.ts";
import { viewRun } from "./run-views.ts";
import { type Answer, notFound, page, refuse, type RepositoryCall, type Route } from "./route.ts";
import { storageUrl } from "./storage.ts";
import { apiUrl, nodeId, repositoryPath, time, viewUser } from "./views.ts";

/** A new run is not shown at once, whoever asks. */
function isShown(run: WorkflowRun): boolean {
  if (run.hidden > 0) run.hidden -= 1;
  else return true;
  return false;
}

async function listRuns(call: RepositoryCall): Promise<Answer> {
  const { repository, query, params } = call;
  const wanted: Readonly<Record<string, string | undefined>> = { event: query.event, branch: query.branch, actor: query.actor };
  const shown = repository.actions.runs
    .filter(isShown)
    .filter(
      (run) =>
        Object.entries(wanted).every(([field, value]) => value === undefined || run[field as "event" | "branch" | "actor"] === value) &&
        (query.status === undefined || run.status === query.status || run.conclusion === query.status) &&
        (params.workflow_id === undefined || params.workflow_id === run.workflow),
    );
  const { items, headers } = page(call, `${repositoryPath(repository)}/actions/runs`, shown.toReversed());
  const runs = await Promise.all(items.map((run) => viewRun(call, run)));
  return { status: 200, body: { total_count: shown.length, workflow_runs: runs }, headers };
}

function requireRun({ repository, params }: RepositoryCall): WorkflowRun {
  const found = repository.actions.runs.find(({ id }) => String(id) === params.run_id);
  if (found === undefined || !isShown(found)) throw notFound();
  return found;
}

async function getRun(call: RepositoryCall): Promise<Answer> {
  return { status: 200, body: await viewRun(call, requireRun(call)) };
}

function viewJob({ state, repository }: RepositoryCall, run: WorkflowRun, job: WorkflowJob & { readonly id: number }): object {
  const { id, name, conclusion, failedStep } = job;
  const api = apiUrl(state, repositoryPath(repository));
  const at = time(run.createdAt);
  const step = { status: "completed", started_at: at, completed_at: at };
  return {
    id,
    run_id: run.id,
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: run.attempt,
    node_id: nodeId("CheckRun", id),
    head_sha: run.sha,
    head_branch: run.branch,
    workflow_name: run.workflow,
    url: `${api}/actions/jobs/${id}`,
    html_url: `${state.origin}/${repository.fullName}/actions/runs/${run.id}/job/${id}`,
    check_run_url: `${api}/check-runs/${id}`,
    status: "completed",
    conclusion,
    created_at: at,
    started_at: at,
    completed_at: at,
    name,
    labels: ["ubuntu-latest"],
    runner_id: 1,
    runner_name: "GitHub Actions 1",
    runner_group_id: 0,
    runner_group_name: "GitHub Actions",
    steps: [
      { ...step, name: "Set up job", conclusion: "success", number: 1 },
      ...(failedStep === undefined ? [] : [{ ...step, name: failedStep, conclusion: "failure", number: 2 }]),
    ],
  };
}

function listJobs(call: RepositoryCall): Answer {
  const run = requireRun(call);
  const { items, headers } = page(call, `${repositoryPath(call.repository)}/actions/runs/${run.id}/jobs`, run.jobs);
  return { status: 200, body: { total_count: run.jobs.length, jobs: items.map((job) => viewJob(call, run, job)) }, headers };
}

/** Logs are for those alone who may write, also of a public repository. */
function redirectToLog({ state, repository, params, grant }: RepositoryCall): Answer {
  if (grant === undefined) throw refuse(403, "Must have admin rights to Repository.");
  const job = repository.actions.runs.flatMap(({ jobs }) => jobs).find(({ id }) => String(id) === params.job_id);
  if (job?.log === undefined) throw notFound();
  return { status: 302, headers: { location: storageUrl(state, `logs/${job.id}`) } };
}

function listArtifacts(call: RepositoryCall): Answer {
  const { state, repository } = call;
  const run = requireRun(call);
  const named = run.artifacts.filter(({ name }) => call.query.name === undefined || call.query.name === name);
  const { items, headers } = page(call, `${repositoryPath(repository)}/actions/runs/${run.id}/artifacts`, named);
  const at = time(run.createdAt);
  const artifacts = items.map(({ id, name, zip, digest }) => {
    const url = apiUrl(state, `${repositoryPath(repository)}/actions/artifacts/${id}`);
    const times = { created_at: at, expires_at: at, updated_at: at };
    const about = { id, node_id: nodeId("Artifact", id), name, size_in_bytes: zip.length, digest: digest ?? null };
    return { ...about, url, archive_download_url: `${url}/zip`, expired: false, ...times };
  });
  return { status: 200, body: { total_count: named.length, artifacts }, headers };
}

function redirectToArtifact({ state, repository, params, grant }: RepositoryCall): Answer {
  if (grant === undefined) throw refuse(401, "Requires authentication");
  const found = repository.actions.runs.flatMap(({ artifacts }) => artifacts).find(({ id }) => String(id) === params.artifact_id);
  if (found === undefined) throw notFound();
  return { status: 302, headers: { location: storageUrl(state, `artifacts/${found.id}`) } };
}

function listPending(call: RepositoryCall): Answer {
  const { state, repository } = call;
  const api = apiUrl(state, repositoryPath(repository));
  const body = requireRun(call).environments.map((name, at) => ({
    environment: {
      id: at + 1,
      node_id: nodeId("Environment", name),
      name,
      url: `${api}/environments/${name}`,
      html_url: `${state.origin}/${repository.fullName}/deployments/activity_log?environments_filter=${name}`,
    },
    wait_timer: 0,
    wait_timer_started_at: null,
    current_user_can_approve: false,
    reviewers: [{ type: "User", reviewer: viewUser(state, "ann") }],
  }));
  return { status: 200, body };
}

const actions = "/repos/{owner}/{repo}/actions";

export const workflowRuns: readonly Route[] = [
  { method: "GET", path: `${actions}/workflows/{workflow_id}/runs`, access: "read", handle: listRuns },
  { method: "GET", path: `${actions}/runs`, access: "read", handle: listRuns },
  { method: "GET", path: `${actions}/runs/{run_id}`, access: "read", handle: getRun },
  { method: "GET", path: `${actions}/runs/{run_id}/jobs`, access: "read", handle: listJobs },
  { method: "GET", path: `${actions}/runs/{run_id}/artifacts`, access: "read", handle: listArtifacts },
  { method: "GET", path: `${actions}/runs/{run_id}/pending_deployments`, access: "read", handle: listPending },
  { method: "GET", path: `${actions}/jobs/{job_id}/logs`, access: "read", handle: redirectToLog },
  { method: "GET", path: `${actions}/artifacts/{artifact_id}/{archive_format}`, access: "read", handle: redirectToArtifact },
];
