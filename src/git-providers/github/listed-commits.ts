import type { Commits, ListedCommit } from "../../core/git/commits.ts";
import type { Call } from "./pulls.ts";

/** What one answer lists of them at most. https://docs.github.com/en/rest/commits/commits#compare-two-commits */
const most = 250;

/** Returns what GitHub tells of commits. https://docs.github.com/en/rest/commits/commits */
export function githubCommits(call: Call): Commits {
  return {
    between: (repository, { from, to }) =>
      call(`compare ${from} with ${to} in`, repository, ["contents:read"], async (octokit, at) => {
        const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead: `${from}...${to}` });
        return { commits: data.commits.slice(-most).map(toCommit).reverse(), total: data.total_commits };
      }),
    before: (repository, sha, limit) =>
      call(`list commits before ${sha} of`, repository, ["contents:read"], async (octokit, at) => {
        const { data } = await octokit.rest.repos.listCommits({ ...at, sha, per_page: limit + 1 });
        return data.map((commit) => commit.sha).filter((each) => each !== sha);
      }),
    pullRequestsOf: (repository, sha) =>
      call(`list pull requests with ${sha} of`, repository, ["pull-requests:read"], async (octokit, at) => {
        const { data } = await octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha: sha, per_page: 100 });
        return data.toSorted((a, b) => rankOf(a, sha) - rankOf(b, sha) || a.number - b.number).map(({ number }) => number);
      }),
  };
}

interface GitHubPull {
  readonly state: string;
  readonly merged_at: string | null;
  readonly merge_commit_sha: string | null;
  readonly head: { readonly sha: string };
  readonly base: { readonly ref: string; readonly repo: { readonly default_branch: string } };
}

/**
 * Returns how near a pull request is to a commit, 0 for the nearest: that which brought it to where it is, that whose head it is, and those that have it among
 * others, such as one that is stacked on another.
 */
function rankOf({ state, merged_at, merge_commit_sha, head, base }: GitHubPull, sha: string): number {
  if (merged_at !== null) return merge_commit_sha === sha || base.ref === base.repo.default_branch ? 0 : 2;
  if (state !== "open") return 4;
  return head.sha === sha ? 1 : 3;
}

interface GitHubCommit {
  readonly sha: string;
  readonly author: { readonly login?: string } | null;
  readonly commit: { readonly message: string; readonly author: { readonly name?: string } | null };
}

function toCommit({ sha, author, commit }: GitHubCommit): ListedCommit {
  const [subject = ""] = commit.message.split("\n", 1);
  return { sha, author: author?.login ?? commit.author?.name ?? "", subject, pullRequests: numbersIn(subject) };
}

/** GitHub names a pull request in the subject of what it merges: `Merge pull request #12 from …`, and `… (#12)` of a squash. */
function numbersIn(subject: string): readonly number[] {
  const found = subject.matchAll(/^Merge pull request #(\d{1,9}) |\(#(\d{1,9})\)/g);
  return [...new Set([...found].map(([, merged, squashed]) => Number(merged ?? squashed)))];
}
