import type { Octokit } from "#sdk/@octokit/rest";
import type { AdapterOptions } from "../../core/adapter.ts";
import { findCredential } from "../../core/credential.ts";
import { FairleadError } from "../../core/errors.ts";
import { createLimiter } from "../../core/limit.ts";
import { retry, retryAfter, type Attempted, type Retry } from "../../core/retry.ts";
import { formatRepository, type Repository } from "../../core/git/repository.ts";
import type { Servers } from "../../core/servers.ts";
import { isPassing } from "./failure.ts";

/** How often a request that only reads is sent, and the pauses in between, in milliseconds. A longer `Retry-After` is not waited for. */
const attempts = 3;
const firstPause = 400;
const longestPause = 5_000;
/** GitHub itself gives up after 10 seconds: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts */
const requestTimeout = 30_000;
/** GitHub lets one token have 100: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits */
const requestsAtOnce = 8;

/** A repository in the words of GitHub's API. */
export type Owned = Readonly<Record<"owner" | "repo", string>>;

/** A way to one repository, with its token alone: another's could be for another host. */
export interface Connection {
  readonly octokit: Octokit;
  readonly at: Owned;
  /** As messages name it: `github.com/acme/app`. */
  readonly name: string;
  /** GraphQL is closed to whoever has none. */
  readonly hasToken: boolean;
}

/** Returns what connects to repositories, to each once. It throws `input`, beginning with `doing`, for a path that is none on GitHub. */
export function createConnections(options: AdapterOptions): (doing: string, repository: Repository) => Promise<Connection> {
  const connections = new Map<string, Promise<Connection>>();
  return async (doing, repository) => {
    const name = formatRepository(repository);
    const at = readOwner(doing, repository);
    const connection = connections.get(name) ?? connect(name, at, repository.host, options);
    connections.set(name, connection);
    return await connection;
  };
}

function readOwner(doing: string, { path }: Repository): Owned {
  const [owner, repo, ...more] = path.split("/");
  if (owner !== undefined && repo !== undefined && more.length === 0) return { owner, repo };
  throw new FairleadError("input", `${doing}: a repository on GitHub is OWNER/NAME`);
}

/** https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api */
function apiUrl(host: string, { github }: Servers): string {
  if (github?.host === host && github.api !== undefined) return github.api;
  if (host === "github.com") return "https://api.github.com";
  return host.endsWith(".ghe.com") ? `https://api.${host}` : `https://${host}/api/v3`;
}

async function connect(
  name: string,
  at: Owned,
  host: string,
  { credentials, servers, signal: run, delay }: AdapterOptions,
): Promise<Connection> {
  const { Octokit } = await import("#sdk/@octokit/rest");
  const auth = await findCredential(credentials, name, "token")?.secret.reveal();
  const silent = (): void => undefined;
  const octokit = new Octokit({
    baseUrl: apiUrl(host, servers),
    userAgent: "fairlead",
    log: { debug: silent, info: silent, warn: silent, error: silent },
    ...(auth === undefined ? {} : { auth }),
  });
  const limited = createLimiter(requestsAtOnce);
  octokit.hook.wrap("request", async (request, options) => {
    options.headers["x-github-api-version"] = "2022-11-28";
    const stop = options.request.signal ?? run;
    const attempt = (): Promise<unknown> => {
      const signal = AbortSignal.any([AbortSignal.timeout(requestTimeout), stop]);
      return limited(async () => await request({ ...options, request: { ...options.request, signal } }));
    };
    const persistence = { doing: `ask GitHub of ${name}`, signal: stop, attempts: isRead(options) ? attempts : 1, firstPause, delay };
    return (await retry(attempt, judge, persistence)) as Awaited<ReturnType<typeof request>>;
  });
  return { octokit, at, name, hasToken: auth !== undefined };
}

/** A GraphQL query is sent by POST, and reads. https://docs.github.com/en/graphql/guides/forming-calls-with-graphql */
function isRead({ method, query }: { readonly method: string; readonly query?: unknown }): boolean {
  return method === "GET" || (typeof query === "string" && query.startsWith("query"));
}

function judge(ended: Attempted<unknown>): Retry {
  if (!("error" in ended) || !isPassing(ended.error)) return "no";
  const asked = retryAfter(String(ended.error.response?.headers["retry-after"] ?? ""), Date.now());
  if (asked === undefined || asked === 0) return "back-off";
  return asked > longestPause ? "no" : { after: asked };
}
