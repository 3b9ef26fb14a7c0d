/** Labels and comments of pull requests: https://docs.github.com/en/rest/issues/labels and /comments */
import { type Answer, invalid, notFound, page, type RepositoryCall, type Route } from "./route.ts";
import { type Comment, findPull, type PullRequest } from "./state.ts";
import { apiUrl, nodeId, repositoryPath, time, viewLabel, viewUser } from "./views.ts";

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
    user: viewUser(state, comment.user),
    author_association: "MEMBER",
    created_at: time(comment.createdAt),
    updated_at: time(comment.updatedAt),
    performed_via_github_app: null,
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

function updateComment(call: RepositoryCall): Answer {
  const comment = call.repository.comments.find(({ id }) => id === Number(call.params.comment_id));
  if (!comment) throw notFound();
  Object.assign(comment, { body: requireText(call), updatedAt: new Date() });
  return { status: 200, body: viewComment(call, comment) };
}

export const issues: readonly Route[] = [
  { method: "PATCH", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}", access: "write", handle: updateComment },
  { method: "GET", path: "/repos/{owner}/{repo}/issues/{issue_number}/comments", access: "read", handle: listComments },
  { method: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/comments", access: "write", handle: createComment },
  { method: "GET", path: "/repos/{owner}/{repo}/issues/{issue_number}/labels", access: "read", handle: listLabels },
  { method: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/labels", access: "write", handle: addLabels },
];
