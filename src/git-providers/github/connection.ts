import type { Octokit } from "#sdk/@octokit/rest";
import type { AdapterOptions } from "../../core/adapter.ts";
import type { Token, TokenAsk } from "../../core/token.ts";
import { FairleadError } from "../../core/errors.ts";
import { createLimiter } from "../../core/limit.ts";
import { once } from "../../core/once.ts";
import type { Permission } from "../../core/permission.ts";
import type { ServerUrl } from "../../core/server-url.ts";
import { retry } from "../../core/retry.ts";
import { redactAll, type Redactor } from "../../core/secret.ts";
import { withToken } from "../../core/token-use.ts";
import { formatRepository, type Repository } from "../../core/git/repository.ts";
import { apiFetch } from "./api-fetch.ts";
import { tokenRefusal } from "./failure.ts";
import { isInstallationToken } from "./installation-token.ts";
import { isRequestError } from "./octokit-error.ts";
import { createJudge, persistence } from "./persistence.ts";
import { apiUrl, type GitHubSettings } from "./settings.ts";

/** Of a longer pause, in milliseconds, people who watch are told. */
const quietPause = 5_000;
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
  /** True for the token of an App's installation: GitHub says nothing of what it may do in a repository. */
  readonly isInstallation: boolean;
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
    const isInstallation = token !== undefined && isInstallationToken(await token.value.reveal());
    return { octokit, at, name, hasToken: token !== undefined, isInstallation };
  };
}

function readOwner(doing: string, { path }: Repository): Owned {
  const [owner, repo, ...more] = path.split("/");
  if (owner !== undefined && repo !== undefined && more.length === 0) return { owner, repo };
  throw new FairleadError("input", `${doing}: a repository on GitHub is OWNER/NAME`);
}

/** Returns a client of an API, which is given the token of `ask` alone. */
export async function openClient(baseUrl: ServerUrl, ask: TokenAsk, options: AdapterOptions): Promise<Octokit> {
  const { credentials, delay, signal } = options;
  const octokit = await newClient(baseUrl, options);
  const send = persistently(ask.resource, { ...options, signal: ask.signal });
  const doing = doingOf(ask.resource);
  octokit.hook.wrap("request", async (request, asked) => {
    const use = async (token: Token | undefined): Promise<Answered> => {
      if (token !== undefined) asked.headers.authorization = `token ${await token.value.reveal()}`;
      return await send(request, asked);
    };
    return await withToken(credentials, { ...ask, signal: asked.request.signal ?? signal, doing, delay, refusedBy: tokenRefusal }, use);
  });
  return octokit;
}

/** Returns a client that says nothing by itself. */
export async function newClient(
  baseUrl: ServerUrl,
  { redactor }: Pick<AdapterOptions, "redactor">,
  auth: Pick<OctokitOptions, "authStrategy" | "auth"> = {},
): Promise<Octokit> {
  const { Octokit } = await import("#sdk/@octokit/rest");
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  return new Octokit({ ...auth, baseUrl, userAgent: "fairlead", log, request: { fetch: apiFetch(redactor) } });
}

/** What every client needs: the signal ends all requests that have none of their own. */
export type ClientOptions = Pick<AdapterOptions, "signal" | "delay" | "notice" | "redactor">;

type OctokitOptions = NonNullable<ConstructorParameters<typeof Octokit>[0]>;
type Asked = Required<Octokit["request"]["endpoint"]["DEFAULTS"]>;
type Answered = Awaited<ReturnType<Octokit["request"]>>;
type RequestHook = (request: (options: Asked) => Answered | Promise<Answered>, options: Asked) => Promise<Answered>;

/** Returns what sends the requests of one client: a few at once, each in time, and again where that can help. `resource` is named in messages. */
export function persistently(resource: string, { signal: end, delay, notice, redactor }: ClientOptions): RequestHook {
  const limited = createLimiter(requestsAtOnce);
  const rest: AdapterOptions["delay"] = async (milliseconds, signal) => {
    const seconds = Math.ceil(milliseconds / 1000);
    if (milliseconds > quietPause) notice(`waiting ${seconds} s, as GitHub limits requests for ${resource}`);
    await delay(milliseconds, signal);
  };
  return async (request, options) => {
    options.headers["x-github-api-version"] = "2022-11-28";
    const stop = options.request.signal ?? end;
    const attempt = (): Promise<Answered> => {
      const signal = AbortSignal.any([AbortSignal.timeout(requestTimeout), stop]);
      return limited(() => safely(redactor, () => request({ ...options, request: { ...options.request, signal } })));
    };
    const doing = doingOf(resource);
    return await retry(attempt, createJudge(options), { ...persistence, doing, signal: stop, delay: rest });
  };
}

/**
 * Octokit takes each error of `fetch` for a server that does not answer. What a server says in an error is cut before it is shown, and half a secret would not
 * be found: it is redacted whole.
 */
async function safely(redactor: Redactor, send: () => Answered | Promise<Answered>): Promise<Answered> {
  try {
    const answered = await send();
    const { errors } = (answered.data ?? {}) as { readonly errors?: unknown };
    // GraphQL tells its errors in an answer of 200
    if (Array.isArray(errors)) Object.assign(answered.data as object, { errors: redactAll(redactor, errors) });
    return answered;
  } catch (error) {
    if (error instanceof Error && error.cause instanceof FairleadError) throw error.cause;
    if (isRequestError(error)) {
      error.message = redactor.redact(error.message);
      if (error.response !== undefined) Object.assign(error.response, { data: redactAll(redactor, error.response.data) });
    }
    throw error;
  }
}

function doingOf(resource: string): string {
  return `ask GitHub of ${resource}`;
}
