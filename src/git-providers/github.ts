import type { Octokit } from "#sdk/@octokit/rest";
import type { AdapterOptions } from "../core/adapter.ts";
import type { GitProvider } from "../core/git/provider.ts";
import { formatRepository, repositoryPage, type Repository } from "../core/git/repository.ts";
import { createConnections, type Owned } from "./github/connection.ts";
import { githubFailure } from "./github/failure.ts";
import { createGithubGit } from "./github/git.ts";
import { githubPulls, githubStatuses } from "./github/pulls.ts";

/** Returns GitHub: github.com, its Enterprise Cloud (`*.ghe.com`), Enterprise Server (`github.*`), and the one that the run was told of. */
export function github(options: AdapterOptions): GitProvider {
  const connect = createConnections(options);
  const call = async <T>(doing: string, repository: Repository, use: (octokit: Octokit, at: Owned) => Promise<T>): Promise<T> => {
    const what = `${doing} ${formatRepository(repository)}`;
    const { octokit, at } = await connect(what, repository);
    try {
      return await use(octokit, at);
    } catch (error) {
      throw githubFailure(what, error);
    }
  };
  return {
    name: "github",
    serves: (host) => host === options.servers.github?.host || /^github\.|\.ghe\.com$/.test(host),
    git: createGithubGit(connect, options.signal),
    pullRequests: githubPulls(call),
    statuses: githubStatuses(call),
    comparePage: (repository, from, to) => `${repositoryPage(repository)}/compare/${from}...${to}`,
  };
}
