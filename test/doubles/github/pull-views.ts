/** Pull requests as GitHub's API shows them. */
import { git } from "../bare.ts";
import { viewLabels } from "./issues.ts";
import { mergeTrees } from "./merging.ts";
import type { PullRequest, Repository, State } from "./state.ts";
import { apiUrl, nodeId, repositoryPath, time, timeOrNull, viewMilestone, viewRepository, viewTeam, viewUser } from "./views.ts";

interface Place {
  readonly state: State;
  readonly repository: Repository;
}

function viewUrls({ state, repository }: Place, { number, headSha }: PullRequest): Readonly<Record<string, string>> {
  const api = apiUrl(state, repositoryPath(repository));
  const html = `${state.origin}/${repository.fullName}/pull/${number}`;
  return {
    url: `${api}/pulls/${number}`,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: `${api}/issues/${number}`,
    commits_url: `${api}/pulls/${number}/commits`,
    review_comments_url: `${api}/pulls/${number}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${api}/issues/${number}/comments`,
    statuses_url: `${api}/statuses/${headSha}`,
  };
}

function viewLinks(urls: Readonly<Record<string, string>>): object {
  const names = ["html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses"];
  return { self: { href: urls.url }, ...Object.fromEntries(names.map((name) => [name, { href: urls[`${name}_url`] }])) };
}

function viewEnd({ state, repository }: Place, ref: string, sha: string, fork?: string): object {
  const owner = fork ?? repository.owner;
  const own = fork === undefined ? repository : { ...repository, id: -repository.id, owner, fullName: `${owner}/${repository.name}` };
  return { label: `${owner}:${ref}`, ref, sha, user: viewUser(state, owner), repo: viewRepository(state, own) };
}

/** `pull-request-simple`, of lists. */
export function viewPullSimple(place: Place, pull: PullRequest): Readonly<Record<string, unknown>> {
  const urls = viewUrls(place, pull);
  return {
    ...urls,
    id: pull.id,
    node_id: nodeId("PullRequest", pull.id),
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: viewUser(place.state, pull.user),
    body: pull.body,
    labels: viewLabels(place, pull),
    milestone: pull.milestone ? viewMilestone(place, pull.milestone) : null,
    active_lock_reason: null,
    created_at: time(pull.createdAt),
    updated_at: time(pull.updatedAt),
    closed_at: timeOrNull(pull.closedAt),
    merged_at: timeOrNull(pull.mergedAt),
    merge_commit_sha: pull.mergeCommitSha,
    assignee: pull.assignees[0] === undefined ? null : viewUser(place.state, pull.assignees[0]),
    assignees: pull.assignees.map((login) => viewUser(place.state, login)),
    requested_reviewers: pull.reviewers.map((login) => viewUser(place.state, login)),
    requested_teams: pull.teams.map((slug) => viewTeam(place, slug)),
    draft: pull.draft,
    head: viewEnd(place, pull.head, pull.headSha, pull.fork),
    base: viewEnd(place, pull.base, pull.baseSha),
    _links: viewLinks(urls),
    author_association: "MEMBER",
    auto_merge: pull.autoMerge
      ? {
          enabled_by: viewUser(place.state, pull.autoMerge.by),
          merge_method: pull.autoMerge.method,
          commit_title: pull.title,
          commit_message: "",
        }
      : null,
  };
}

async function measure(repository: Repository, { baseSha, headSha }: PullRequest): Promise<object> {
  const [commits, numbers] = await Promise.all([
    git(repository.folder, ["rev-list", "--count", `${baseSha}..${headSha}`]),
    git(repository.folder, ["diff", "--numstat", `${baseSha}...${headSha}`]),
  ]);
  const lines = numbers
    .split("\n")
    .filter(Boolean)
    .map((line) =>
      line
        .split("\t")
        .slice(0, 2)
        .map((count) => Number(count) || 0),
    );
  const sum = (at: 0 | 1): number => lines.reduce((total, line) => total + (line[at] ?? 0), 0);
  return { commits: Number(commits), additions: sum(0), deletions: sum(1), changed_files: lines.length };
}

/** Returns whether it can be merged. It is computed after the first answer, as at GitHub. */
async function judge(repository: Repository, pull: PullRequest): Promise<object> {
  const unknown = { mergeable: null, mergeable_state: "unknown", rebaseable: null };
  if (pull.state === "closed") return unknown;
  const { judged } = pull;
  pull.judged = `${pull.baseSha} ${pull.headSha}`;
  if (judged !== pull.judged) return unknown;
  const mergeable = (await mergeTrees(repository, pull.baseSha, pull.headSha)) !== undefined;
  return { mergeable, mergeable_state: stateOf(repository, pull, mergeable), rebaseable: mergeable };
}

function stateOf({ settings }: Repository, { draft }: PullRequest, mergeable: boolean): string {
  if (!mergeable) return "dirty";
  if (draft) return "draft";
  return settings.blocked ? "blocked" : "clean";
}

/** `pull-request`. */
export async function viewPull(place: Place, pull: PullRequest): Promise<Readonly<Record<string, unknown>>> {
  const { repository } = place;
  const [size, judgement] = await Promise.all([measure(repository, pull), judge(repository, pull)]);
  return {
    ...viewPullSimple(place, pull),
    ...size,
    ...judgement,
    merged: pull.mergedAt !== null,
    merged_by: pull.mergedBy === null ? null : viewUser(place.state, pull.mergedBy),
    comments: repository.comments.filter(({ issue }) => issue === pull.number).length,
    review_comments: 0,
    maintainer_can_modify: pull.maintainerCanModify,
  };
}
