import type { Octokit } from "#sdk/@octokit/rest";
import type { AdapterOptions } from "../core/adapter.ts";
import type { GitProviderAdapter, GitProviderKind } from "../core/git/provider.ts";
import { formatRepository, repositoryPage, type Repository } from "../core/git/repository.ts";
import type { Permission } from "../core/permission.ts";
import { githubBranches } from "./github/branches.ts";
import { githubComments } from "./github/comments.ts";
import { createConnections, type Owned } from "./github/connection.ts";
import { githubArtifacts, githubDeployments } from "./github/deployments.ts";
import { githubDispatch } from "./github/dispatch.ts";
import { githubFailure } from "./github/failure.ts";
import { createGithubGit } from "./github/git.ts";
import { githubPeople } from "./github/people.ts";
import { githubChecks } from "./github/checks.ts";
import { githubPulls } from "./github/pulls.ts";
import { githubStatuses } from "./github/statuses.ts";
import { githubJob } from "./github/job.ts";
import { githubCommits } from "./github/listed-commits.ts";
import { readIdentity } from "./github/identity.ts";
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
  // https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
  permissions: {
    "contents:read": ["contents: read"],
    "contents:write": ["contents: write"],
    "pull-requests:read": ["pull-requests: read"],
    "pull-requests:write": ["pull-requests: write"],
    "statuses:read": ["statuses: read"],
    "statuses:write": ["statuses: write"],
    "checks:read": ["checks: read"],
    "checks:write": ["checks: write"],
    "deployments:read": ["deployments: read"],
    "deployments:write": ["deployments: write"],
    "comments:read": ["pull-requests: read"],
    "comments:write": ["pull-requests: write"],
    "workflows:read": ["actions: read"],
    "workflows:write": ["actions: write"],
    "members:read": ["members: read"],
    "artifact-metadata:write": ["artifact-metadata: write"],
  },
  // https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
  tokenUsername: "x-access-token",
  tokenHost: (settings) => hostOf(settings) ?? "github.com",
  words: { pullRequest: "pull request" },
  serves: (host, settings) => host === hostOf(settings) || /^github\.|\.ghe\.com$/.test(host),
  // https://cli.github.com/manual/gh_auth_token
  tokenCommand: (host) => ["gh", "auth", "token", "--hostname", host],
  create: openGithub,
};

function hostOf(settings: NamedGitHub | undefined): string | undefined {
  return settings && new URL(settings.url).host;
}

/** https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats */
const installationToken = "ghs_";

function openGithub(options: AdapterOptions<GitHubSettings>): GitProviderAdapter {
  const connect = createConnections(options);
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
    checks: githubChecks(call),
    statuses: githubStatuses(call),
    people: githubPeople(call),
    deployments: githubDeployments(call),
    artifacts: githubArtifacts(call),
    comments: githubComments(call),
    commits: githubCommits(call),
    dispatch: githubDispatch(call),
    identity: (host) => readIdentity(host, options),
    // https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
    signsCommits: (token) => token.startsWith(installationToken),
    comparePage: (repository, from, to) => `${repositoryPage(repository)}/compare/${from}...${to}`,
  };
}
