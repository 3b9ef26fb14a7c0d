import { setTimeout as sleep } from "node:timers/promises";
import type { Octokit } from "@octokit/rest";
import type { AdapterOptions } from "../core/adapter.ts";
import { findCredential } from "../core/credential.ts";
import { FairleadError } from "../core/errors.ts";
import type { GitProvider, PullRequest } from "../core/git-provider.ts";
import { formatRepository, type Repository } from "../core/repository.ts";
import type { Servers } from "../core/servers.ts";
import { githubFailure, isPassing } from "./github/failure.ts";

/** How often a request that only reads is sent, and the longest pause in between, in milliseconds. */
const attempts = 3;
const longestPause = 5_000;
/** GitHub itself gives up after 10 seconds: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts */
const requestTimeout = 30_000;

/** Returns GitHub: github.com, its Enterprise Cloud (`*.ghe.com`), Enterprise Server (`github.*`), and the one that the run was told of. */
export function github(options: AdapterOptions): GitProvider {
  const call = async <T>(doing: string, repository: Repository, use: (octokit: Octokit, at: Owned) => Promise<T>): Promise<T> => {
    const what = `${doing} ${formatRepository(repository)}`;
    const at = readOwner(what, repository);
    const octokit = await connect(repository, options);
    try {
      return await use(octokit, at);
    } catch (error) {
      throw githubFailure(what, error);
    }
  };
  return {
    name: "github",
    serves: (host) => host === options.servers.github?.host || /^github\.|\.ghe\.com$/.test(host),
    findPullRequest: ({ repository, head, base }) =>
      call(`find pull request ${head} → ${base} in`, repository, async (octokit, at) => {
        const query = { ...at, state: "open", head: `${at.owner}:${head}`, base, per_page: 100 } as const;
        const found = await octokit.paginate(octokit.rest.pulls.list, query);
        // GitHub passes over a head that it cannot read, and lists all.
        const pull = found.find((each) => each.head.ref === head && each.base.ref === base);
        return pull && toPullRequest(pull);
      }),
    openPullRequest: ({ repository, head, base }, { title, body }) =>
      call(`open pull request ${head} → ${base} in`, repository, async (octokit, at) =>
        toPullRequest((await octokit.rest.pulls.create({ ...at, head, base, title, body })).data),
      ),
    editPullRequest: (repository, number, { title, body }) =>
      call(`edit pull request ${number} of`, repository, async (octokit, at) =>
        toPullRequest((await octokit.rest.pulls.update({ ...at, pull_number: number, title, body })).data),
      ),
  };
}

type Owned = Readonly<Record<"owner" | "repo", string>>;

function readOwner(doing: string, { path }: Repository): Owned {
  const [owner, repo, ...more] = path.split("/");
  if (owner !== undefined && repo !== undefined && more.length === 0) return { owner, repo };
  throw new FairleadError("input", `${doing}: a repository on GitHub is OWNER/NAME`);
}

interface GitHubPull {
  readonly number: number;
  readonly html_url: string;
  readonly title: string;
  readonly body: string | null;
  readonly head: { readonly sha: string };
}

function toPullRequest({ number, html_url, title, body, head }: GitHubPull): PullRequest {
  return { number, url: html_url, title, body: body ?? "", commit: head.sha };
}

/** https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api */
function apiUrl(host: string, { github }: Servers): string {
  if (github?.host === host && github.api !== undefined) return github.api;
  if (host === "github.com") return "https://api.github.com";
  return host.endsWith(".ghe.com") ? `https://api.${host}` : `https://${host}/api/v3`;
}

/** Returns a client for one repository, with its token alone: another's could be for another host. */
async function connect(repository: Repository, { credentials, servers }: AdapterOptions): Promise<Octokit> {
  const { Octokit } = await import("@octokit/rest");
  const auth = await findCredential(credentials, formatRepository(repository), "token")?.secret.reveal();
  const silent = (): void => undefined;
  const octokit = new Octokit({
    baseUrl: apiUrl(repository.host, servers),
    userAgent: "fairlead",
    log: { debug: silent, info: silent, warn: silent, error: silent },
    ...(auth === undefined ? {} : { auth }),
  });
  octokit.hook.wrap("request", async (request, options) => {
    options.headers["x-github-api-version"] = "2022-11-28";
    for (let attempt = 1; ; attempt++) {
      try {
        return await request({ ...options, request: { ...options.request, signal: AbortSignal.timeout(requestTimeout) } });
      } catch (error) {
        const pause = pauseAfter(error, attempt);
        if (options.method !== "GET" || attempt === attempts || !isPassing(error) || pause > longestPause) throw error;
        await sleep(pause);
      }
    }
  });
  return octokit;
}

/** As long as GitHub says, else longer each time; in milliseconds. */
function pauseAfter(error: unknown, attempt: number): number {
  const asked = isPassing(error) ? Number(error.response?.headers["retry-after"] ?? 0) * 1_000 : 0;
  return asked > 0 ? asked : 100 * 4 ** attempt;
}
