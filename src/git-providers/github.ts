import type { Octokit } from "#sdk/@octokit/rest";
import type { AdapterOptions } from "../core/adapter.ts";
import type { GitProviderAdapter, GitProviderKind } from "../core/git/provider.ts";
import { formatRepository, repositoryPage, type Repository } from "../core/git/repository.ts";
import type { Permission } from "../core/permission.ts";
import { githubAppTokens } from "./github/app-tokens.ts";
import { githubApps } from "./github/apps.ts";
import { githubBranches } from "./github/branches.ts";
import { githubComments } from "./github/comments.ts";
import { createConnections, type Owned } from "./github/connection.ts";
import { githubArtifacts, githubDeployments } from "./github/deployments.ts";
import { githubDispatch } from "./github/dispatch.ts";
import { githubFailure } from "./github/failure.ts";
import { createGithubGit } from "./github/git.ts";
import { isInstallationToken } from "./github/installation-token.ts";
import { githubPeople } from "./github/people.ts";
import { githubChecks } from "./github/checks.ts";
import { githubPulls } from "./github/pulls.ts";
import { createSelf } from "./github/self.ts";
import { githubStatuses } from "./github/statuses.ts";
import { githubJob } from "./github/job.ts";
import { githubCommits } from "./github/listed-commits.ts";
import { githubPermissions } from "./github/permissions.ts";
import { readIdentity } from "./github/identity.ts";
import { storedReader } from "./github/storage.ts";
import { githubSettings, type GitHubSettings, type NamedGitHub } from "./github/settings.ts";

/** GitHub: github.com, its Enterprise Cloud (`*.ghe.com`), Enterprise Server (`github.*`), and the one that the settings name. */
export const github: GitProviderKind<typeof githubSettings> = {
  name: "github",
  settings: githubSettings,
  // https://docs.github.com/en/actions/reference/workflows-and-actions/variables
  environment: {
    token: "GITHUB_TOKEN",
    settings: { url: "GITHUB_SERVER_URL", api: "GITHUB_API_URL" },
    read: ({ url, api }) => (URL.parse(url ?? "") === null ? undefined : { url, api }),
    job: githubJob,
  },
  permissions: githubPermissions,
  // https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
  tokenUsername: "x-access-token",
  tokenHost: (settings) => hostOf(settings) ?? "github.com",
  words: { pullRequest: "pull request" },
  serves: (host, settings) => host === hostOf(settings) || /^github\.|\.ghe\.com$/.test(host),
  // https://cli.github.com/manual/gh_auth_token
  tokenCommand: (host) => ["gh", "auth", "token", "--hostname", host],
  appTokens: githubAppTokens,
  create: openGithub,
  apps: githubApps,
};

function hostOf(settings: NamedGitHub | undefined): string | undefined {
  return settings && new URL(settings.url).host;
}

function openGithub(options: AdapterOptions<GitHubSettings>): GitProviderAdapter {
  const connect = createConnections(options);
  const self = createSelf();
  const call = async <T>(
    doing: string,
    repository: Repository,
    permissions: readonly Permission[],
    use: (octokit: Octokit, at: Owned) => Promise<T>,
  ): Promise<T> => {
    const what = `${doing} ${formatRepository(repository)}`;
    const { octokit, at } = await connect(what, repository, permissions);
    try {
      return await use(octokit, at);
    } catch (error) {
      throw githubFailure(what, error, repository);
    }
  };
  return {
    git: createGithubGit(connect, options.signal),
    pullRequests: githubPulls(call, (milliseconds) => options.delay(milliseconds, options.signal)),
    branches: githubBranches(call),
    checks: githubChecks(call, self),
    statuses: githubStatuses(call, self),
    people: githubPeople(call),
    deployments: githubDeployments(call, self),
    artifacts: githubArtifacts(call),
    comments: githubComments(call, self),
    commits: githubCommits(call),
    dispatch: githubDispatch(call, storedReader(options)),
    identity: (host) => readIdentity(host, options),
    // https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
    signsCommits: isInstallationToken,
    comparePage: (repository, from, to) => `${repositoryPage(repository)}/compare/${from}...${to}`,
  };
}
