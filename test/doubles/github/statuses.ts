/** https://docs.github.com/en/rest/commits/statuses */
import { requireCommit } from "./commits.ts";
import { type Answer, invalid, page, type RepositoryCall, type Route } from "./route.ts";
import type { Status } from "./state.ts";
import { apiUrl, nodeId, repositoryPath, time, viewRepository, viewUser } from "./views.ts";

function viewSimple({ state, repository }: RepositoryCall, status: Status): Readonly<Record<string, unknown>> {
  return {
    url: apiUrl(state, `${repositoryPath(repository)}/statuses/${status.sha}`),
    avatar_url: `${state.origin}/avatars/${status.id}`,
    id: status.id,
    node_id: nodeId("StatusContext", status.id),
    state: status.state,
    context: status.context,
    description: status.description,
    target_url: status.targetUrl,
    created_at: time(status.createdAt),
    updated_at: time(status.createdAt),
  };
}

const viewStatus = (call: RepositoryCall, status: Status): object => ({
  ...viewSimple(call, status),
  creator: viewUser(call.state, status.creator),
});

interface NewStatus {
  readonly state: Status["state"];
  readonly target_url?: string | null;
  readonly description?: string | null;
  readonly context?: string;
}

/** GitHub's documented limit of statuses of one context on one commit. */
const most = 1000;

/** In these words: https://github.com/ouzi-dev/commit-status-updater/issues/527 */
const fourBytes = (field: string): Error =>
  invalid({ resource: "Status", code: "custom", field, message: `${field} doesn't accept 4-byte Unicode` });

async function createStatus(call: RepositoryCall): Promise<Answer> {
  const { state, target_url: targetUrl = null, description = null, context = "default" } = call.body as NewStatus;
  const sha = await requireCommit(call.repository, call.params.sha ?? "");
  for (const [field, text] of Object.entries({ description: description ?? "", context }))
    if (/[\u{10000}-\u{10ffff}]/u.test(text)) throw fourBytes(field);
  const reject = (message: string): Error => invalid({ resource: "Status", code: "custom", message });
  if ((description ?? "").length > 140) throw reject("description is too long (maximum is 140 characters)");
  if (targetUrl !== null && !/^https?:\/\//.test(targetUrl)) throw reject("target_url must use http(s) scheme");
  const { statuses } = call.repository;
  if (statuses.filter((one) => one.sha === sha && one.context === context).length >= most)
    throw reject("This SHA and context has reached the maximum number of statuses.");
  const status: Status = {
    id: call.state.nextId(),
    sha,
    state,
    context,
    description,
    targetUrl,
    creator: call.login,
    createdAt: new Date(),
  };
  statuses.push(status);
  return { status: 201, body: viewStatus(call, status) };
}

/** Newest first. */
async function findStatuses({ repository, params }: RepositoryCall): Promise<{ sha: string; statuses: Status[] }> {
  const sha = await requireCommit(repository, params.ref ?? "");
  return { sha, statuses: repository.statuses.filter((one) => one.sha === sha).reverse() };
}

async function listStatuses(call: RepositoryCall): Promise<Answer> {
  const { sha, statuses } = await findStatuses(call);
  const { items, headers } = page(call, `${repositoryPath(call.repository)}/commits/${sha}/statuses`, statuses);
  return { status: 200, body: items.map((status) => viewStatus(call, status)), headers };
}

/** The latest of each context together: failure before pending before success. */
async function combine(call: RepositoryCall): Promise<Answer> {
  const { sha, statuses } = await findStatuses(call);
  const latest = statuses.filter((one, at) => statuses.findIndex(({ context }) => context === one.context) === at);
  const states = new Set(latest.map(({ state }) => state));
  const failed = states.has("failure") || states.has("error");
  const state = failed ? "failure" : latest.length === 0 || states.has("pending") ? "pending" : "success";
  const url = apiUrl(call.state, `${repositoryPath(call.repository)}/commits/${sha}`);
  const { items, headers } = page(call, `${repositoryPath(call.repository)}/commits/${sha}/status`, latest);
  const body = {
    state,
    sha,
    total_count: latest.length,
    statuses: items.map((status) => viewSimple(call, status)),
    repository: viewRepository(call.state, call.repository),
    commit_url: url,
    url: `${url}/status`,
  };
  return { status: 200, body, headers };
}

export const statuses: readonly Route[] = [
  { method: "POST", path: "/repos/{owner}/{repo}/statuses/{sha}", access: "write", handle: createStatus },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{ref}/statuses", access: "read", handle: listStatuses },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{ref}/status", access: "read", handle: combine },
];
