/**
 * Serves one request of the REST API: finds its route, checks the token and the input, answers, and checks the answer.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { mayRead, mayWrite, readToken } from "../access.ts";
import { verifyJwt } from "./apps/jwt.ts";
import { lacks } from "./apps/needs.ts";
import { redirect } from "./apps/routes.ts";
import { grantOf } from "./apps/tokens.ts";
import { readBody } from "../server.ts";
import { checkAnswer, checkRequest } from "./openapi.ts";
import { checkQuery, graphqlPath } from "./graphql.ts";
import { rateLimit } from "./repositories.ts";
import { type Answer, type Call, notFound, Refusal, refuse } from "./route.ts";
import { findRoute, type Found } from "./routes.ts";
import { findRepository, type Repository, type State } from "./state.ts";

/** An answer that a test has asked for. */
export interface Fault {
  readonly method?: string | undefined;
  /** Matched against the path without `/api/v3` and without its query. */
  readonly path?: RegExp | undefined;
  /** True for changes alone, whatever their method. */
  readonly write?: boolean | undefined;
  /** The number of matching requests that are answered as ever before it; none by default. */
  readonly skip?: number | undefined;
  /** Ends the connection without an answer, before or after the request is performed as ever. */
  readonly hangUp?: "before" | "after" | undefined;
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The number of answers; 1 by default. */
  readonly times?: number | undefined;
}

export interface Serving {
  readonly state: State;
  /** Requests without a route, as `METHOD path`. */
  readonly unknown: string[];
  /** Violations of GitHub's description of its API: requests of the code under test, answers of the double. */
  readonly violations: string[];
}

/** Answers a request; `path` is what comes after `/api/v3`. */
export async function serveApi(serving: Serving, request: IncomingMessage, path: string, fault: Fault | undefined): Promise<Answer> {
  const body = await readBody(request);
  const url = new URL(byName(serving.state, path), "http://localhost");
  const method = request.method ?? "GET";
  const found = findRoute(method, url.pathname);
  const answer = fault
    ? { status: fault.status, body: fault.body ?? { message: "Server Error" }, headers: fault.headers }
    : await attempt(serving, request, method, url, found, body);
  // bytes are not JSON; and a refusal that a test has made up may come from what stands before GitHub, which is not described
  if (!found || found.route.path === graphqlPath || Buffer.isBuffer(answer.body) || (fault && fault.status >= 400)) return answer;
  return violated(serving, checkAnswer(method, found.route.path, answer.status, viewed(answer.body))) ?? answer;
}

/** A repository is at its id, too: that is where GitHub redirects to when it has another name now. */
function byName({ repositories }: State, path: string): string {
  return path.replace(/^\/repositories\/(\d+)(?=\/|$|\?)/, (whole, id: string) => {
    const found = [...repositories.values()].find((each) => each.id === Number(id));
    return found === undefined ? whole : `/repos/${found.fullName}`;
  });
}

/** Returns the JSON that the client will get: without undefined fields. */
const viewed = (body: unknown): unknown => (body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown));

function violated({ violations }: Serving, error: string | undefined): Answer | undefined {
  if (error === undefined) return undefined;
  violations.push(error);
  return {
    status: 500,
    body: { message: `not as GitHub describes its API: ${error}`, documentation_url: "https://github.com/github/rest-api-description" },
  };
}

async function attempt(
  serving: Serving,
  request: IncomingMessage,
  method: string,
  url: URL,
  found: Found | undefined,
  bytes: Buffer,
): Promise<Answer> {
  try {
    if (!found) {
      serving.unknown.push(`${method} ${url.pathname}`);
      throw notFound();
    }
    const call = createCall(serving.state, request, url, found, bytes);
    const { path } = found.route;
    const error = path === graphqlPath ? checkQuery(call.body) : checkRequest(method, path, call);
    return violated(serving, error) ?? (await handle(call, found));
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

function createCall(state: State, request: IncomingMessage, url: URL, { route, params }: Found, bytes: Buffer): Call {
  const token = readToken(request.headers.authorization);
  const app = route.access === "app" ? verifyJwt(state.apps, token) : undefined;
  const grant = app !== undefined || token === undefined ? undefined : (state.tokens[token] ?? grantOf(state, token));
  if (request.headers.authorization !== undefined && !grant && !app) throw refuse(401, "Bad credentials");
  if (!request.headers["user-agent"])
    throw refuse(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.");
  const query = Object.fromEntries(url.searchParams);
  const { method } = route;
  const accept = request.headers.accept ?? "";
  return {
    state,
    method,
    path: `${url.pathname}${url.search}`,
    params,
    query,
    body: parse(bytes),
    accept,
    app,
    grant,
    login: grant?.login ?? "somebody",
  };
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    throw refuse(400, "Problems parsing JSON");
  }
}

async function handle(call: Call, { route }: Found): Promise<Answer> {
  if (route.access === "anyone" || route.access === "app") return route.handle(call);
  const refusal = lacks(call.grant, route.method, route.path);
  if (route.access === "user") {
    if (!call.grant) throw refuse(401, "Requires authentication");
    if (refusal) throw refusal;
    return route.handle(call);
  }
  const repository = requireRepository(call);
  // what is public, anybody may read
  if (refusal && (repository.private || route.access === "write")) throw refusal;
  if (route.access === "write") requireWrite(call, repository);
  return route.handle({ ...call, repository });
}

/** A client that may not read a private repository does not learn that it exists. */
function requireRepository({ state, method, params, grant, path }: Call): Repository {
  const name = `${params.owner}/${params.repo}`;
  const repository = findRepository(state, name);
  const moved = state.moved.get(name.toLowerCase());
  if (!repository && moved !== undefined) throw redirect({ state, method }, `/repositories/${moved}${path.slice(`/repos/${name}`.length)}`);
  if (!repository || (repository.private && !mayRead(grant, repository.fullName))) throw notFound();
  return repository;
}

function requireWrite({ grant }: Call, { fullName }: Repository): void {
  if (!grant) throw refuse(401, "Requires authentication");
  if (!mayWrite(grant, fullName))
    throw refuse(403, `Resource not accessible by ${grant.installation ? "integration" : "personal access token"}`);
}

/** Sends an answer with the headers that each of GitHub's has. */
export function send(response: ServerResponse, { status, body, headers }: Answer, now: number): void {
  const rate = Object.entries(rateLimit(new Date(now))).map(([name, value]) => [`x-ratelimit-${name}`, String(value)] as const);
  response.writeHead(status, {
    "x-github-request-id": randomBytes(8).toString("hex").toUpperCase(),
    date: new Date(now).toUTCString(),
    "x-github-media-type": "github.v3; format=json",
    "x-ratelimit-resource": "core",
    ...Object.fromEntries(rate),
    ...(body !== undefined && { "content-type": "application/json; charset=utf-8" }),
    ...headers,
  });
  response.end(isSent(body) ? body : JSON.stringify(body));
}

const isSent = (body: unknown): body is Buffer | string | undefined =>
  body === undefined || typeof body === "string" || Buffer.isBuffer(body);
