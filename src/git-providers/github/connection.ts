import type { Octokit } from "#sdk/@octokit/rest";
import type { AdapterOptions } from "../../core/adapter.ts";
import { withToken, type Token, type TokenAsk } from "../../core/credentials.ts";
import { FairleadError } from "../../core/errors.ts";
import { createLimiter } from "../../core/limit.ts";
import { once } from "../../core/once.ts";
import type { Permission } from "../../core/permission.ts";
import type { ServerUrl } from "../../core/server-url.ts";
import { retry, retryAfter, type Attempted, type Retry } from "../../core/retry.ts";
import { formatRepository, type Repository } from "../../core/git/repository.ts";
import { isPassing, tokenRefusal } from "./failure.ts";
import { apiUrl, type GitHubSettings } from "./settings.ts";

/** The attempts of a reading request, and the first pause in milliseconds. A longer `Retry-After` is not waited for. */
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

/** Connects to a repository for what these permissions allow. Throws `input`, beginning with `doing`, for a path that is none on GitHub. */
export type Connect = (doing: string, repository: Repository, permissions: readonly Permission[]) => Promise<Connection>;

/** Returns what connects to repositories. Clients are kept; each of their requests asks for the token anew. */
export function createConnections(options: AdapterOptions<GitHubSettings>): Connect {
  const clients = new Map<string, Promise<Octokit>>();
  return async (doing, repository, permissions) => {
    const name = formatRepository(repository);
    const at = readOwner(doing, repository);
    const ask = { resource: name, permissions, signal: options.signal };
    const key = [name, ...permissions].join(" ");
    const [octokit, token] = await Promise.all([
      once(clients, key, () => openClient(apiUrl(repository.host, options.settings), ask, options)),
      options.credentials.token(ask),
    ]);
    return { octokit, at, name, hasToken: token !== undefined };
  };
}

function readOwner(doing: string, { path }: Repository): Owned {
  const [owner, repo, ...more] = path.split("/");
  if (owner !== undefined && repo !== undefined && more.length === 0) return { owner, repo };
  throw new FairleadError("input", `${doing}: a repository on GitHub is OWNER/NAME`);
}

async function openClient(baseUrl: ServerUrl, ask: TokenAsk, { credentials, delay }: AdapterOptions): Promise<Octokit> {
  const { Octokit } = await import("#sdk/@octokit/rest");
  const silent = (): void => undefined;
  const octokit = new Octokit({ baseUrl, userAgent: "fairlead", log: { debug: silent, info: silent, warn: silent, error: silent } });
  const limited = createLimiter(requestsAtOnce);
  const doing = `ask GitHub of ${ask.resource}`;
  octokit.hook.wrap("request", async (request, options) => {
    options.headers["x-github-api-version"] = "2022-11-28";
    const stop = options.request.signal ?? ask.signal;
    const attempt = (): Promise<unknown> => {
      const signal = AbortSignal.any([AbortSignal.timeout(requestTimeout), stop]);
      return limited(async () => await request({ ...options, request: { ...options.request, signal } }));
    };
    const persistence = { doing, signal: stop, attempts: isRead(options) ? attempts : 1, firstPause, delay };
    const use = async (token: Token | undefined): Promise<unknown> => {
      if (token !== undefined) options.headers.authorization = `token ${await token.value.reveal()}`;
      return await retry(attempt, judge, persistence);
    };
    const asked = { ...ask, signal: stop, doing, delay, refusedBy: tokenRefusal };
    return (await withToken(credentials, asked, use)) as Awaited<ReturnType<typeof request>>;
  });
  return octokit;
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
