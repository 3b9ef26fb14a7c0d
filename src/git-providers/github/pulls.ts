import type { Octokit } from "#sdk/@octokit/rest";
import type { PullRequest, PullRequestQuery, PullRequests } from "../../core/git/provider.ts";
import type { Repository } from "../../core/git/repository.ts";
import type { Permission } from "../../core/permission.ts";
import { addToPull, checkAdditions } from "./additions.ts";
import { mergeAlone, type Pause } from "./auto-merge.ts";
import type { Owned } from "./connection.ts";
import { listFiles } from "./pull-files.ts";

/** Sends requests for one repository. What fails is thrown as a FairleadError that begins with `doing` and ends with the repository. */
export type Call = <T>(
  doing: string,
  repository: Repository,
  permissions: readonly Permission[],
  use: (octokit: Octokit, at: Owned) => Promise<T>,
) => Promise<T>;

const read = ["pull-requests:read"] as const;
const readBoth = ["contents:read", "pull-requests:read"] as const;
const write = ["pull-requests:write"] as const;
/** Branches are contents. */
const writeBoth = ["contents:write", "pull-requests:write"] as const;

/** Returns what GitHub does with pull requests. https://docs.github.com/en/rest/pulls/pulls */
export function githubPulls(call: Call, pause: Pause): PullRequests {
  return {
    list: (query) => call(`list pull requests to ${query.base} in`, query.repository, read, (octokit, at) => list(octokit, at, query)),
    read: (repository, number) =>
      call(`read pull request #${number} of`, repository, read, async (octokit, at) =>
        toPullRequest((await octokit.rest.pulls.get({ ...at, pull_number: number })).data),
      ),
    files: (repository, base) =>
      call(`list files of pull requests to ${base} in`, repository, readBoth, (octokit, at) => listFiles(octokit, at, base)),
    isReviewed: (repository, number) =>
      call(`read reviews of pull request #${number} of`, repository, read, async (octokit, at) => {
        const { data } = await octokit.rest.pulls.listReviews({ ...at, pull_number: number, per_page: 1 });
        return data.length > 0;
      }),
    open: ({ repository, head, base }, { title, body }, draft) =>
      call(`open pull request ${head} → ${base} in`, repository, write, async (octokit, at) =>
        toPullRequest((await octokit.rest.pulls.create({ ...at, head, base, title, body, draft })).data),
      ),
    edit: (repository, number, { title, body }) =>
      call(`edit pull request #${number} of`, repository, write, async (octokit, at) =>
        toPullRequest((await octokit.rest.pulls.update({ ...at, pull_number: number, title, body })).data),
      ),
    checkAdditions: (repository, additions) =>
      call("read users and milestones of", repository, read, (octokit, at) => checkAdditions(octokit, at, additions)),
    add: (repository, number, additions) =>
      call(`edit pull request #${number} of`, repository, write, (octokit, at) => addToPull(octokit, at, number, additions)),
    autoMerge: (repository, pull, method) =>
      call(`merge pull request #${pull.number} of`, repository, writeBoth, (octokit, at) => mergeAlone(octokit, at, pull, method, pause)),
    close: (repository, pull, { body, comment, deleteBranch }) =>
      call(`close pull request #${pull.number} of`, repository, writeBoth, (octokit, at) =>
        close(octokit, at, pull, body, comment, deleteBranch),
      ),
  };
}

/** Pages come in the order of what is looked for, so that the rest is not asked for. GitHub passes over a head that it cannot read, and lists all. */
async function list(octokit: Octokit, at: Owned, { base, head, state, changedSince }: PullRequestQuery): Promise<readonly PullRequest[]> {
  const since = changedSince ?? "";
  const query = {
    ...at,
    base,
    state,
    per_page: 100,
    sort: changedSince === undefined ? "created" : "updated",
    direction: "desc",
    ...(head === undefined ? {} : { head: `${at.owner}:${head}` }),
  } as const;
  const found = await octokit.paginate(octokit.rest.pulls.list, query, ({ data }, done) => {
    if (data.some(({ updated_at }) => updated_at < since)) done();
    return data.filter(({ updated_at }) => updated_at >= since);
  });
  const fits = (pull: PullRequest): boolean => head === undefined || (pull.head === head && !pull.fork);
  return found
    .map(toPullRequest)
    .filter(fits)
    .sort((a, b) => b.number - a.number);
}

/**
 * The body says first why it will be closed, and the branch goes last: that closes it at GitHub, so that whatever is stopped before is found
 * open. Of a branch that has moved since, all commits stay in `refs/pull/NUMBER/head`.
 */
async function close(octokit: Octokit, at: Owned, pull: PullRequest, body: string, comment: string, deleteBranch: boolean): Promise<void> {
  const target = { ...at, pull_number: pull.number };
  const issue = { ...at, issue_number: pull.number };
  const again = pull.body === body;
  if (!again) await octokit.rest.pulls.update({ ...target, body });
  const said = again ? await octokit.paginate(octokit.rest.issues.listComments, { ...issue, per_page: 100 }) : [];
  if (!said.some((each) => each.body === comment)) await octokit.rest.issues.createComment({ ...issue, body: comment });
  if (deleteBranch) await octokit.rest.git.deleteRef({ ...at, ref: `heads/${pull.head}` });
  else await octokit.rest.pulls.update({ ...target, state: "closed" });
}

/** A pull request in GitHub's answers, in lists and alone. */
interface GitHubPull {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly title: string;
  readonly body: string | null;
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: { readonly id: number } | null };
  readonly base: { readonly ref: string; readonly repo: { readonly id: number } };
  readonly merged_at: string | null;
  readonly closed_at: string | null;
  readonly merge_commit_sha: string | null;
  readonly labels: readonly { readonly name: string }[];
  readonly assignees?: readonly { readonly login: string }[] | null;
  readonly requested_reviewers?: readonly { readonly login: string }[] | null;
  readonly requested_teams?: readonly { readonly slug: string }[] | null;
  readonly milestone: { readonly title: string } | null;
  readonly auto_merge: { readonly merge_method: "merge" | "squash" | "rebase" } | null;
}

/** `merge_commit_sha` of an open one is that of a trial merge, which nobody has made: it is left out. */
function toPullRequest(pull: GitHubPull): PullRequest {
  const merged = pull.merged_at !== null;
  return {
    number: pull.number,
    url: pull.html_url,
    state: pull.state === "open" ? "open" : merged ? "merged" : "closed",
    title: pull.title,
    body: pull.body ?? "",
    head: pull.head.ref,
    fork: pull.head.repo?.id !== pull.base.repo.id,
    commit: pull.head.sha,
    base: pull.base.ref,
    mergeCommit: merged ? (pull.merge_commit_sha ?? undefined) : undefined,
    closedAt: pull.closed_at ?? undefined,
    labels: pull.labels.map(({ name }) => name),
    assignees: logins(pull.assignees),
    reviewers: logins(pull.requested_reviewers),
    teamReviewers: (pull.requested_teams ?? []).map(({ slug }) => slug),
    milestone: pull.milestone?.title,
    autoMerge: pull.auto_merge?.merge_method,
  };
}

function logins(users: readonly { readonly login: string }[] | null | undefined): readonly string[] {
  return (users ?? []).map(({ login }) => login);
}
