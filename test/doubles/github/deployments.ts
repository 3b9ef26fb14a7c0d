/** https://docs.github.com/en/rest/deployments */
import { tryGit } from "../bare.ts";
import { findCommit } from "./commits.ts";
import { findBranch, isAncestor } from "./following.ts";
import { mergeTrees } from "./merging.ts";
import { type Answer, invalid, notFound, page, refuse, type RepositoryCall, type Route } from "./route.ts";
import type { Deployment, DeploymentStatus } from "./state.ts";
import { apiUrl, nodeId, repositoryPath, time, viewUser } from "./views.ts";

const pathOf = ({ repository }: RepositoryCall, deployment?: Deployment): string =>
  `${repositoryPath(repository)}/deployments${deployment ? `/${deployment.id}` : ""}`;

function viewDeployment(call: RepositoryCall, deployment: Deployment): object {
  const url = apiUrl(call.state, pathOf(call, deployment));
  const last = deployment.statuses.at(-1)?.createdAt ?? deployment.createdAt;
  return {
    url,
    id: deployment.id,
    node_id: nodeId("Deployment", deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: viewUser(call.state, deployment.creator),
    created_at: time(deployment.createdAt),
    updated_at: time(last),
    statuses_url: `${url}/statuses`,
    repository_url: apiUrl(call.state, repositoryPath(call.repository)),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: null,
  };
}

/** Newest first. */
function listDeployments(call: RepositoryCall): Answer {
  const { sha, ref, task, environment } = call.query;
  const fits = (one: Deployment): boolean =>
    (sha ?? one.sha) === one.sha &&
    (ref ?? one.ref) === one.ref &&
    (task ?? one.task) === one.task &&
    (environment ?? one.environment) === one.environment;
  const { items, headers } = page(call, pathOf(call), call.repository.deployments.filter(fits).reverse());
  return { status: 200, body: items.map((one) => viewDeployment(call, one)), headers };
}

interface NewDeployment {
  readonly ref: string;
  readonly task?: string;
  readonly auto_merge?: boolean;
  readonly required_contexts?: readonly string[];
  readonly payload?: object | string;
  readonly environment?: string;
  readonly description?: string | null;
  readonly transient_environment?: boolean;
  readonly production_environment?: boolean;
}

const longest = 140;

async function createDeployment(call: RepositoryCall): Promise<Answer> {
  const { repository, state, body } = call;
  const { ref, task = "deploy", payload = {}, environment = "production", description = null, ...rest } = body as NewDeployment;
  const sha = await findCommit(repository, ref);
  if (sha === undefined) throw refuse(422, `No ref found for: ${ref}`);
  if ((description ?? "").length > longest) throw tooLong("Deployment");
  if (rest.auto_merge ?? true) {
    const merged = await autoMerge(call, ref, sha);
    if (merged) return merged;
  }
  requireContexts(call, ref, sha, rest.required_contexts);
  const deployment: Deployment = {
    id: state.nextId(),
    sha,
    ref,
    task,
    payload,
    environment,
    description,
    production: rest.production_environment ?? environment === "production",
    transient: rest.transient_environment ?? false,
    creator: call.login,
    createdAt: new Date(),
    statuses: [],
  };
  repository.deployments.push(deployment);
  return { status: 201, body: viewDeployment(call, deployment) };
}

const tooLong = (resource: string): Error =>
  invalid({ resource, field: "description", code: "custom", message: "description is too long (maximum is 140 characters)" });

/** GitHub merges the default branch into what is behind it, and makes no deployment then. */
async function autoMerge({ repository }: RepositoryCall, ref: string, sha: string): Promise<Answer | undefined> {
  const { defaultBranch } = repository;
  const base = await findBranch(repository, defaultBranch);
  if (base === undefined || (await isAncestor(repository, base, sha))) return undefined;
  const isBranch = (await tryGit(repository.folder, ["rev-parse", "-q", "--verify", `refs/heads/${ref}`])) !== undefined;
  const tree = isBranch ? await mergeTrees(repository, sha, base) : undefined;
  if (tree === undefined) throw refuse(409, `Conflict merging ${defaultBranch} into ${ref}`);
  return { status: 202, body: { message: `Auto-merged ${defaultBranch} into ${ref} on deployment.` } };
}

/** Without a list, every context that has a status is required. */
function requireContexts({ repository }: RepositoryCall, ref: string, sha: string, required: readonly string[] | undefined): void {
  const latest = new Map(repository.statuses.filter((one) => one.sha === sha).map(({ context, state }) => [context, state]));
  const contexts = [...(required ?? latest.keys())].map((context) => ({ context, state: latest.get(context) ?? "pending" }));
  if (contexts.every(({ state }) => state === "success")) return;
  const error = { contexts, resource: "Deployment", field: "required_contexts", code: "invalid" };
  throw refuse(409, `Conflict: Commit status checks failed for ${ref}.`, { errors: [error] });
}

function requireDeployment({ repository, params }: RepositoryCall): Deployment {
  const found = repository.deployments.find(({ id }) => id === Number(params.deployment_id));
  if (!found) throw notFound();
  return found;
}

function viewStatus(call: RepositoryCall, deployment: Deployment, status: DeploymentStatus): object {
  const url = apiUrl(call.state, pathOf(call, deployment));
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId("DeploymentStatus", status.id),
    state: status.state,
    creator: viewUser(call.state, status.creator),
    description: status.description,
    environment: deployment.environment,
    target_url: status.logUrl || url, // GitHub's is empty then, which its own description does not allow
    created_at: time(status.createdAt),
    updated_at: time(status.createdAt),
    deployment_url: url,
    repository_url: apiUrl(call.state, repositoryPath(call.repository)),
    ...(status.environmentUrl !== "" && { environment_url: status.environmentUrl }),
    ...(status.logUrl !== "" && { log_url: status.logUrl }),
    performed_via_github_app: null,
  };
}

/** Newest first. */
function listStatuses(call: RepositoryCall): Answer {
  const deployment = requireDeployment(call);
  const { items, headers } = page(call, `${pathOf(call, deployment)}/statuses`, [...deployment.statuses].reverse());
  return { status: 200, body: items.map((one) => viewStatus(call, deployment, one)), headers };
}

interface NewStatus {
  readonly state: DeploymentStatus["state"];
  readonly target_url?: string;
  readonly log_url?: string;
  readonly description?: string;
  readonly environment_url?: string;
  readonly auto_inactive?: boolean;
}

function createStatus(call: RepositoryCall): Answer {
  const deployment = requireDeployment(call);
  const { state, description = "", environment_url: page = "", auto_inactive: auto = true, ...urls } = call.body as NewStatus;
  if (description.length > longest) throw tooLong("DeploymentStatus");
  const logUrl = urls.log_url ?? urls.target_url ?? "";
  for (const url of [page, logUrl].filter(Boolean)) {
    if (!/^https?:\/\//.test(url)) throw invalid({ resource: "DeploymentStatus", field: "environment_url", code: "invalid" });
  }
  const status = newStatus(call, { state, description, environmentUrl: page, logUrl });
  deployment.statuses.push(status);
  if (state === "success" && auto) endOlder(call, deployment);
  return { status: 201, body: viewStatus(call, deployment, status) };
}

function newStatus(
  { state, login }: RepositoryCall,
  status: Pick<DeploymentStatus, "state" | "description" | "environmentUrl" | "logUrl">,
): DeploymentStatus {
  return { ...status, id: state.nextId(), creator: login, createdAt: new Date() };
}

/** https://docs.github.com/en/rest/deployments/deployments#inactive-deployments */
function endOlder(call: RepositoryCall, { id, environment }: Deployment): void {
  const older = call.repository.deployments.filter((one) => one.id < id && one.environment === environment);
  for (const one of older) {
    if (one.transient || one.production || one.statuses.at(-1)?.state !== "success") continue;
    one.statuses.push(newStatus(call, { state: "inactive", description: "", environmentUrl: "", logUrl: "" }));
  }
}

export const deployments: readonly Route[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/deployments", access: "read", handle: listDeployments },
  { method: "POST", path: "/repos/{owner}/{repo}/deployments", access: "write", handle: createDeployment },
  { method: "GET", path: "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", access: "read", handle: listStatuses },
  { method: "POST", path: "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", access: "write", handle: createStatus },
];
