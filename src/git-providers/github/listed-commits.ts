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
        const isMerged = (pull: (typeof data)[number]): number => (pull.merged_at === null ? 1 : 0);
        return data.toSorted((a, b) => isMerged(a) - isMerged(b) || a.number - b.number).map(({ number }) => number);
      }),
  };
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
