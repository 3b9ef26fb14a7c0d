/** Pull requests in their role as issues: https://docs.github.com/en/rest/issues */
import { type Answer, invalid, notFound, page, type RepositoryCall, type Route } from "./route.ts";
import { type Comment, findPull, type PullRequest } from "./state.ts";
import { apiUrl, nodeId, repositoryPath, time, timeOrNull, viewLabel, viewMilestone, viewUser } from "./views.ts";

/** Every issue here is a pull request. */
function requireIssue({ repository, params }: RepositoryCall): PullRequest {
  const pull = findPull(repository, Number(params.issue_number));
  if (!pull) throw notFound();
  return pull;
}

/** The labels of a pull request; a name that is new becomes a label of the repository, as at GitHub. */
export function viewLabels({ state, repository }: Pick<RepositoryCall, "state" | "repository">, pull: PullRequest): object[] {
  return pull.labels.map((name) => {
    const found = repository.labels.find((label) => label.name === name) ?? { id: state.nextId(), name };
    if (!repository.labels.includes(found)) repository.labels.push(found);
    return viewLabel(state, repository, found);
  });
}

function listLabels(call: RepositoryCall): Answer {
  const pull = requireIssue(call);
  const { items, headers } = page(call, `${repositoryPath(call.repository)}/issues/${pull.number}/labels`, viewLabels(call, pull));
  return { status: 200, body: items, headers };
}

function addLabels(call: RepositoryCall): Answer {
  const pull = requireIssue(call);
  const { labels = [] } = (call.body ?? {}) as { readonly labels?: readonly (string | { readonly name: string })[] };
  const names = labels.map((label) => (typeof label === "string" ? label : label.name));
  // https://docs.github.com/en/rest/issues/labels#create-a-label: at most 50 characters
  if (names.some((name) => name === "" || name.length > 50)) throw invalid({ resource: "Label", field: "name", code: "invalid" });
  pull.labels = [...new Set([...pull.labels, ...names])];
  pull.updatedAt = new Date();
  return { status: 200, body: viewLabels(call, pull) };
}

/** `issue`. */
function viewIssue(call: RepositoryCall, pull: PullRequest): object {
  const { state, repository } = call;
  const url = apiUrl(state, `${repositoryPath(repository)}/issues/${pull.number}`);
  const [first] = pull.assignees;
  return {
    id: pull.id,
    node_id: nodeId("PullRequest", pull.id),
    number: pull.number,
    url,
    repository_url: url.replace(/\/issues\/.*/, ""),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: `${state.origin}/${repository.fullName}/pull/${pull.number}`,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: viewUser(state, pull.user),
    labels: viewLabels(call, pull),
    assignee: first === undefined ? null : viewUser(state, first),
    assignees: pull.assignees.map((login) => viewUser(state, login)),
    milestone: pull.milestone ? viewMilestone(call, pull.milestone) : null,
    comments: repository.comments.filter(({ issue }) => issue === pull.number).length,
    created_at: time(pull.createdAt),
    updated_at: time(pull.updatedAt),
    closed_at: timeOrNull(pull.closedAt),
  };
}

/** Silently leaves out users that cannot be assigned. */
function addAssignees(call: RepositoryCall): Answer {
  const pull = requireIssue(call);
  const { assignees = [] } = (call.body ?? {}) as { readonly assignees?: readonly string[] };
  const known = assignees.filter((login) => call.repository.settings.collaborators.includes(login));
  pull.assignees = [...new Set([...pull.assignees, ...known])].slice(0, 10);
  pull.updatedAt = new Date();
  return { status: 201, body: viewIssue(call, pull) };
}

/** Updates only the fields that the double knows. */
function updateIssue(call: RepositoryCall): Answer {
  const pull = requireIssue(call);
  const { milestone } = call.body as { readonly milestone: number | null };
  const found = call.repository.milestones.find(({ number }) => number === milestone);
  if (milestone !== null && !found) throw invalid({ resource: "Issue", field: "milestone", code: "invalid" });
  Object.assign(pull, { milestone: found, updatedAt: new Date() });
  return { status: 200, body: viewIssue(call, pull) };
}

/** Tells whether a user may write to the repository: such a one can be assigned, and asked for a review. */
function checkUser({ repository, params }: RepositoryCall): Answer {
  const login = params.assignee ?? params.username ?? "";
  if (!repository.settings.collaborators.includes(login)) throw notFound();
  return { status: 204 };
}

function listMilestones(call: RepositoryCall): Answer {
  const { repository } = call;
  const { items, headers } = page(call, `${repositoryPath(repository)}/milestones`, repository.milestones);
  return { status: 200, body: items.map((milestone) => viewMilestone(call, milestone)), headers };
}

/** `integration`: one that acts for a user. */
function viewApp(state: RepositoryCall["state"], owner: string): object {
  const at = time(new Date(0));
  const about = {
    id: 7,
    slug: "helper",
    node_id: nodeId("Integration", 7),
    owner: viewUser(state, owner),
    name: "Helper",
    description: null,
  };
  const html = `${state.origin}/apps/helper`;
  return { ...about, external_url: html, html_url: html, created_at: at, updated_at: at, permissions: { issues: "write" }, events: [] };
}

function viewComment({ state, repository }: RepositoryCall, comment: Comment): object {
  const api = apiUrl(state, repositoryPath(repository));
  const url = `${api}/issues/comments/${comment.id}`;
  const none = { "+1": 0, "-1": 0, laugh: 0, confused: 0, heart: 0, hooray: 0, eyes: 0, rocket: 0 };
  return {
    id: comment.id,
    node_id: nodeId("IssueComment", comment.id),
    url,
    issue_url: `${api}/issues/${comment.issue}`,
    html_url: `${state.origin}/${repository.fullName}/pull/${comment.issue}#issuecomment-${comment.id}`,
    body: comment.body,
    user: { ...viewUser(state, comment.user), ...(comment.bot === true && { type: "Bot" }) },
    author_association: "MEMBER",
    created_at: time(comment.createdAt),
    updated_at: time(comment.updatedAt),
    performed_via_github_app: comment.app === true ? viewApp(state, comment.user) : null,
    reactions: { url: `${url}/reactions`, total_count: 0, ...none },
  };
}

function listComments(call: RepositoryCall): Answer {
  const { number } = requireIssue(call);
  const since = Date.parse(call.query.since ?? "1970-01-01T00:00:00Z");
  const found = call.repository.comments.filter(({ issue, updatedAt }) => issue === number && updatedAt.getTime() >= since);
  const { items, headers } = page(call, `${repositoryPath(call.repository)}/issues/${number}/comments`, found);
  return { status: 200, body: items.map((comment) => viewComment(call, comment)), headers };
}

/** GitHub's longest body of an issue, a pull request or a comment. */
export const longestBody = 65_536;

function requireText(call: RepositoryCall): string {
  const { body } = call.body as { readonly body: string };
  if (body.trim() === "")
    throw invalid({ resource: "IssueComment", code: "unprocessable", field: "data", message: "Body cannot be blank" });
  if (body.length > longestBody)
    throw invalid({
      resource: "IssueComment",
      code: "unprocessable",
      field: "data",
      message: `Body is too long (maximum is ${longestBody} characters)`,
    });
  return body;
}

function createComment(call: RepositoryCall): Answer {
  const { number } = requireIssue(call);
  const now = new Date();
  const comment = { id: call.state.nextId(), issue: number, user: call.login, body: requireText(call), createdAt: now, updatedAt: now };
  call.repository.comments.push(comment);
  return { status: 201, body: viewComment(call, comment) };
}

function requireComment({ repository, params }: RepositoryCall): Comment {
  const comment = repository.comments.find(({ id }) => id === Number(params.comment_id));
  if (!comment) throw notFound();
  return comment;
}

function deleteComment(call: RepositoryCall): Answer {
  const { comments } = call.repository;
  comments.splice(comments.indexOf(requireComment(call)), 1);
  return { status: 204 };
}

function updateComment(call: RepositoryCall): Answer {
  const comment = requireComment(call);
  Object.assign(comment, { body: requireText(call), updatedAt: new Date() });
  return { status: 200, body: viewComment(call, comment) };
}

export const issues: readonly Route[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/milestones", access: "read", handle: listMilestones },
  { method: "GET", path: "/repos/{owner}/{repo}/assignees/{assignee}", access: "read", handle: checkUser },
  { method: "GET", path: "/repos/{owner}/{repo}/collaborators/{username}", access: "read", handle: checkUser },
  { method: "PATCH", path: "/repos/{owner}/{repo}/issues/{issue_number}", access: "write", handle: updateIssue },
  { method: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/assignees", access: "write", handle: addAssignees },
  { method: "PATCH", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}", access: "write", handle: updateComment },
  { method: "DELETE", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}", access: "write", handle: deleteComment },
  { method: "GET", path: "/repos/{owner}/{repo}/issues/{issue_number}/comments", access: "read", handle: listComments },
  { method: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/comments", access: "write", handle: createComment },
  { method: "GET", path: "/repos/{owner}/{repo}/issues/{issue_number}/labels", access: "read", handle: listLabels },
  { method: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/labels", access: "write", handle: addLabels },
];
