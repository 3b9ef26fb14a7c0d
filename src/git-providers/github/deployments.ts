import type { Octokit } from "#sdk/@octokit/rest";
import type { Artifacts, Deployment, Deployments, NewDeployment, SetDeploymentStatus } from "../../core/git/deployments.ts";
import type { Json } from "../../core/json.ts";
import { cut } from "../../core/text/cut.ts";
import type { Owned } from "./connection.ts";
import type { Call } from "./pulls.ts";
import type { Maker, Self } from "./self.ts";

const read = ["deployments:read"] as const;
const write = ["deployments:write"] as const;
/** GitHub takes no longer description. https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status */
const longestDescription = 140;
const mostPages = 10;

/** Returns what GitHub does with deployments. https://docs.github.com/en/rest/deployments */
export function githubDeployments(call: Call, self: Self): Deployments {
  return {
    find: (repository, { environment, task, commit }) =>
      call(`list deployments to ${environment} of`, repository, read, async (octokit, at) => {
        const query = { ...at, environment, task, ...(commit === undefined ? {} : { sha: commit }), per_page: 100 };
        let page = 0;
        const found = await octokit.paginate(octokit.rest.repos.listDeployments, query, ({ data }, done) => {
          page += 1;
          if (page === mostPages) done();
          return data.map((one): GitHubDeployment => one);
        });
        const isOwn = await self.judge(octokit, repository, found);
        return found.sort((a, b) => b.id - a.id).map((one) => ({ ...toDeployment(one), isOwn: isOwn(one.creator) }));
      }),
    create: (repository, deployment) =>
      call(`create a deployment to ${deployment.environment} of`, repository, write, async (octokit, at) => {
        const made = await create(octokit, at, deployment);
        self.learn(repository, made.creator);
        return { ...toDeployment(made), isOwn: true };
      }),
    statuses: (repository, id) =>
      call(`list statuses of deployment ${id} of`, repository, read, async (octokit, at) => {
        const { data } = await octokit.rest.repos.listDeploymentStatuses({ ...at, deployment_id: id, per_page: 100 });
        const isOwn = await self.judge(octokit, repository, data);
        return [...data].sort((a, b) => b.id - a.id).map((one) => ({ ...toStatus(one), isOwn: isOwn(one.creator) }));
      }),
    setStatus: (repository, id, { state, description, environmentUrl, logUrl, endsOlder }) =>
      call(`set a status of deployment ${id} of`, repository, write, async (octokit, at) => {
        const urls = { ...(environmentUrl && { environment_url: environmentUrl }), ...(logUrl && { log_url: logUrl }) };
        const status = { state, description: cut(description, longestDescription), ...urls, auto_inactive: endsOlder };
        await octokit.rest.repos.createDeploymentStatus({ ...at, deployment_id: id, ...status });
      }),
  };
}

/**
 * By default GitHub merges the default branch into what is deployed, and refuses what has no green checks: the commit would be another, or none.
 * https://docs.github.com/en/rest/deployments/deployments#create-a-deployment
 */
async function create(octokit: Octokit, at: Owned, { commit, payload, production, ...rest }: NewDeployment): Promise<GitHubDeployment> {
  const { data } = await octokit.rest.repos.createDeployment({
    ...at,
    ...rest,
    ref: commit,
    description: cut(rest.description, longestDescription),
    payload: payload as Record<string, unknown>,
    auto_merge: false,
    required_contexts: [],
    production_environment: production,
    transient_environment: false,
  });
  if ("id" in data) return data;
  throw new TypeError(`create deployment: GitHub answered ${data.message ?? "no deployment"}`);
}

interface GitHubDeployment {
  readonly id: number;
  readonly sha: string;
  readonly environment: string;
  readonly payload: unknown;
  readonly creator: Maker | null;
}

function toDeployment({ id, sha, environment, payload }: GitHubDeployment): Omit<Deployment, "isOwn"> {
  return { id, commit: sha, environment, payload: payload as Json };
}

interface GitHubDeploymentStatus {
  readonly state: SetDeploymentStatus["state"];
  readonly description: string;
  readonly environment_url?: string;
  readonly log_url?: string;
  readonly created_at: string;
  readonly creator: Maker | null;
}

/** GitHub writes "" for a URL that was not given. */
function toStatus({
  state,
  description,
  environment_url,
  log_url,
  created_at,
}: GitHubDeploymentStatus): Omit<SetDeploymentStatus, "isOwn"> {
  return {
    state,
    description,
    environmentUrl: environment_url === "" ? undefined : environment_url,
    logUrl: log_url === "" ? undefined : log_url,
    at: new Date(created_at),
  };
}

/** Returns what GitHub does with an organization's list of artifacts. https://docs.github.com/en/rest/orgs/artifact-metadata */
export function githubArtifacts(call: Call): Artifacts {
  const permissions = ["artifact-metadata:write"] as const;
  return {
    store: (repository, { name, digest, version, registry }) =>
      call("record where artifacts are kept of", repository, permissions, async (octokit, { owner, repo }) => {
        const record = { name, digest, ...(version && { version }), registry_url: registry, github_repository: repo };
        await octokit.request("POST /orgs/{org}/artifacts/metadata/storage-record", { org: owner, ...record });
      }),
    deploy: (repository, { name, digest, version }, environment, status) =>
      call("record where artifacts run of", repository, permissions, async (octokit, { owner, repo }) => {
        const where = { logical_environment: environment, deployment_name: name, status };
        const record = { name, digest, ...(version && { version }), ...where, github_repository: repo };
        await octokit.request("POST /orgs/{org}/artifacts/metadata/deployment-record", { org: owner, ...record });
      }),
  };
}
