/** https://docs.github.com/en/rest/commits/commits */
import { git, tryGit } from "../bare.ts";
import { findCommit, readCommit, requireCommit, viewCommit } from "./commits.ts";
import { isAncestor } from "./following.ts";
import { viewPullSimple } from "./pull-views.ts";
import { type Answer, notFound, page, type RepositoryCall, type Route } from "./route.ts";
import type { PullRequest, Repository } from "./state.ts";
import { apiUrl, repositoryPath } from "./views.ts";

/** The commits of one answer. */
const most = 250;

const listed = async ({ folder }: Repository, from: string, to: string): Promise<readonly string[]> =>
  (await git(folder, ["rev-list", "--reverse", `${from}..${to}`])).split("\n").filter(Boolean);

function statusOf(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? "diverged" : "ahead";
  return behind > 0 ? "behind" : "identical";
}

async function compare(call: RepositoryCall): Promise<Answer> {
  const { state, repository, params } = call;
  const [base = "", head = ""] = (params.basehead ?? "").split("...");
  const [from, to] = await Promise.all([findCommit(repository, base), findCommit(repository, head)]);
  if (from === undefined || to === undefined) throw notFound();
  const common = await tryGit(repository.folder, ["merge-base", from, to]);
  if (common === undefined) throw notFound();
  const [ahead, behind] = await Promise.all([listed(repository, from, to), listed(repository, to, from)]);
  const view = async (sha: string): Promise<object> => viewCommit(state, repository, await readCommit(repository, sha));
  const html = `${state.origin}/${repository.fullName}/compare/${base}...${head}`;
  const body = {
    url: apiUrl(state, `${repositoryPath(repository)}/compare/${base}...${head}`),
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: await view(from),
    merge_base_commit: await view(common),
    status: statusOf(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: await Promise.all(ahead.slice(-most).map(view)),
    files: [],
  };
  return { status: 200, body };
}

async function listCommits(call: RepositoryCall): Promise<Answer> {
  const { state, repository, query } = call;
  const from = await findCommit(repository, query.sha ?? repository.defaultBranch);
  if (from === undefined) throw notFound();
  const all = (await git(repository.folder, ["rev-list", from])).split("\n").filter(Boolean);
  const { items, headers } = page(call, `${repositoryPath(repository)}/commits`, all);
  const view = async (sha: string): Promise<object> => viewCommit(state, repository, await readCommit(repository, sha));
  return { status: 200, body: await Promise.all(items.map(view)), headers };
}

/** On the default branch it is what brought a commit there; else all that have it. */
async function listPulls(call: RepositoryCall): Promise<Answer> {
  const { repository, params } = call;
  const sha = await requireCommit(repository, params.commit_sha ?? "");
  const has = async (pull: PullRequest): Promise<boolean> =>
    pull.mergeCommitSha === sha ||
    ((await isAncestor(repository, sha, pull.headSha)) && !(await isAncestor(repository, sha, `${pull.baseSha}`)));
  const found = await Promise.all(repository.pulls.map(async (pull) => ((await has(pull)) ? [pull] : [])));
  const path = `${repositoryPath(repository)}/commits/${sha}/pulls`;
  const { items, headers } = page(call, path, found.flat());
  return { status: 200, body: items.map((pull) => viewPullSimple(call, pull)), headers };
}

export const compares: readonly Route[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/compare/{basehead}", access: "read", handle: compare },
  { method: "GET", path: "/repos/{owner}/{repo}/commits", access: "read", handle: listCommits },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", access: "read", handle: listPulls },
];
