/** https://docs.github.com/en/rest/actions/workflows, and https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event */
import { listWorkflows, readWorkflow, startRun, type WorkflowFile, workflowId } from "./actions.ts";
import { findCommit } from "./commits.ts";
import { type Answer, notFound, refuse, type RepositoryCall, type Route } from "./route.ts";
import { apiUrl, nodeId, repositoryPath, time } from "./views.ts";

async function getWorkflow(call: RepositoryCall): Promise<Answer> {
  const { state, repository } = call;
  const file = call.params.workflow_id ?? "";
  const found = await readWorkflow(repository, repository.defaultBranch, file);
  if (found === undefined) throw notFound();
  const id = workflowId(repository, file);
  const path = `.github/workflows/${file}`;
  const html = `${state.origin}/${repository.fullName}`;
  return {
    status: 200,
    body: {
      id,
      node_id: nodeId("Workflow", id),
      name: found.name,
      path,
      state: repository.actions.states[file] ?? "active",
      created_at: time(repository.createdAt),
      updated_at: time(repository.createdAt),
      url: apiUrl(state, `${repositoryPath(repository)}/actions/workflows/${id}`),
      html_url: `${html}/blob/${repository.defaultBranch}/${path}`,
      badge_url: `${html}/workflows/${encodeURIComponent(found.name)}/badge.svg`,
    },
  };
}

interface WorkflowDispatch {
  readonly ref: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly return_run_details?: boolean;
}

/** GitHub's own order and words of what it refuses. */
async function dispatchWorkflow(call: RepositoryCall): Promise<Answer> {
  const { state, repository, login } = call;
  const { actions } = repository;
  const file = call.params.workflow_id ?? "";
  const { ref, inputs = {}, return_run_details: wantsDetails } = call.body as WorkflowDispatch;
  if (!(await listWorkflows(repository)).includes(file)) throw notFound();
  if (wantsDetails !== undefined && actions.details === "refused")
    throw refuse(422, 'Invalid request.\n\n"return_run_details" is not a permitted key.');
  if ((actions.states[file] ?? "active") !== "active") throw refuse(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
  if ((await findCommit(repository, ref)) === undefined) throw refuse(422, `No ref found for: ${ref}`);
  const found = await readWorkflow(repository, ref, file);
  if (found?.inputs === undefined) throw refuse(422, "Workflow does not have 'workflow_dispatch' trigger");
  const declared = found.inputs;
  const unexpected = Object.keys(inputs).filter((name) => !(name in declared));
  if (unexpected.length > 0) throw refuse(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  const missing = Object.entries(declared).find(([name, is]) => is?.required === true && is.default === undefined && !(name in inputs));
  if (missing) throw refuse(422, `Required input '${missing[0]}' not provided`);
  actions.dispatched.push({ workflow: file, ref, inputs });
  const about = { workflow: file, event: "workflow_dispatch", branch: ref.replace(/^refs\/(heads|tags)\//, ""), actor: login } as const;
  const run = await startRun(state, repository, {
    ...about,
    file: found,
    title: found.name,
    values: { ...defaultsOf(declared), ...inputs },
  });
  if (wantsDetails !== true || actions.details !== "told") return { status: 204 };
  const url = apiUrl(state, `${repositoryPath(repository)}/actions/runs/${run.id}`);
  const html = `${state.origin}/${repository.fullName}/actions/runs/${run.id}`;
  return { status: 200, body: { workflow_run_id: run.id, run_url: url, html_url: html } };
}

function defaultsOf(declared: NonNullable<WorkflowFile["inputs"]>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(declared).flatMap(([name, is]) => (is?.default === undefined ? [] : [[name, is.default]])));
}

interface RepositoryDispatch {
  readonly event_type: string;
  readonly client_payload?: Readonly<Record<string, unknown>>;
}

/** Nobody is told whether any workflow listens. */
async function dispatchRepository(call: RepositoryCall): Promise<Answer> {
  const { state, repository, login } = call;
  const { event_type: type, client_payload: payload } = call.body as RepositoryDispatch;
  if (Buffer.byteLength(JSON.stringify(payload ?? {})) > 65_535) throw refuse(422, "client_payload is too large.");
  repository.actions.dispatched.push({ event_type: type, client_payload: payload });
  for (const name of await listWorkflows(repository)) {
    const file = await readWorkflow(repository, repository.defaultBranch, name);
    const listens = file?.types !== undefined && (file.types.length === 0 || file.types.includes(type));
    if (!listens || (repository.actions.states[name] ?? "active") !== "active") continue;
    const about = { workflow: name, event: "repository_dispatch", branch: repository.defaultBranch, actor: login } as const;
    await startRun(state, repository, { ...about, file, title: type, values: payload ?? {} });
  }
  return { status: 204 };
}

const workflow = "/repos/{owner}/{repo}/actions/workflows/{workflow_id}";

export const dispatches: readonly Route[] = [
  { method: "GET", path: workflow, access: "read", handle: getWorkflow },
  { method: "POST", path: `${workflow}/dispatches`, access: "write", handle: dispatchWorkflow },
  { method: "POST", path: "/repos/{owner}/{repo}/dispatches", access: "write", handle: dispatchRepository },
];
