import { formatRepository, type Repository } from "../../core/git/repository.ts";
import { connectionProblem, type ConnectionProblem } from "../../core/connection.ts";
import type { RefusedStatus } from "../../core/token.ts";
import { refusedStatus } from "../../core/token-use.ts";
import { FairleadError, type ErrorCode } from "../../core/errors.ts";
import { proxiesOf } from "../../core/proxy.ts";
import type { Attempted } from "../../core/retry.ts";
import {
  answerOf,
  firstProblem,
  isGraphqlError,
  isRequestError,
  type GraphqlProblem,
  type GraphqlResponseError,
  type RequestError,
} from "./octokit-error.ts";
import { rateLimitFailure, rateLimitOf } from "./rate-limit.ts";
import { refusalHint } from "./refused.ts";
import { aside, harmless, reasonsIn, saidIn } from "./said.ts";

/** What is said of a 403 where GitHub does not name the permission. */
export const unnamedHint = "use a token with pull-requests: write and contents: write on the repository";

/** The meaning of each status. https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api */
const statuses: Readonly<Record<number, { readonly code: ErrorCode; readonly cause: string; readonly hint?: string }>> = {
  401: {
    code: "unauthenticated",
    cause: "GitHub does not know the token",
  },
  403: {
    code: "forbidden",
    cause: "the token does not allow it",
    hint: unnamedHint,
  },
  404: {
    code: "not_found",
    cause: "there is no such repository or pull request, or the token does not show it",
    hint: "check the name: a private repository looks the same as none",
  },
  410: { code: "not_found", cause: "it is gone", hint: "check that the repository still takes pull requests" },
};

/** Statuses whose sentence is always the same, such as "Not Found", and tells no more than the cause. */
const dull: readonly number[] = [401, 404];

/**
 * Returns the FairleadError for a failed request. Its message begins with `doing`. An error that is not Octokit's is
 * returned unchanged.
 */
export function githubFailure(doing: string, error: unknown, repository?: Repository): unknown {
  const limit = rateLimitOf({ error }, Date.now());
  if (limit !== undefined) return rateLimitFailure(doing, limit, saidBy(error), error);
  if (isGraphqlError(error)) return graphqlFailure(doing, error);
  if (!isRequestError(error)) return error;
  const { status } = error;
  const problem = wayProblem(error);
  if (problem !== undefined) return new FairleadError(problem.code, `${doing}: ${problem.cause}`, { hint: problem.hint, cause: error });
  if (status >= 500) {
    const cause = error.response === undefined ? `it cannot be reached (${error.message})` : `GitHub answered ${status}`;
    return new FairleadError("unavailable", `${doing}: ${cause}`, { cause: error });
  }
  if (status === 422) return refusal(doing, error);
  return refusalByStatus(doing, status, saidBy(error), error, repository);
}

function refusalByStatus(
  doing: string,
  status: number,
  said: string,
  cause: RequestError | GraphqlResponseError,
  repository?: Repository,
): FairleadError {
  const meaning = statuses[status] ?? { code: "internal" as const, cause: `GitHub answered ${status}`, hint: undefined };
  const told = dull.includes(status) ? "" : aside(said);
  const { headers, url } = answerOf(cause);
  const hint = refusalHint(said, headers, url) ?? meaning.hint;
  const wanted = repository && refusedStatus(status) && { kind: "token" as const, for: formatRepository(repository) };
  return new FairleadError(meaning.code, `${doing}: ${meaning.cause}${told}`, { hint, wanted, cause });
}

/** Returns what kept a request from GitHub: its certificate, or a proxy. */
function wayProblem({ response, cause, request }: RequestError): ConnectionProblem | undefined {
  return response === undefined ? connectionProblem(cause, proxiesOf(process.env), request?.url) : undefined;
}

/** Returns GitHub's own words for a refusal, safe to show; empty if it has none. */
export function saidBy(error: unknown): string {
  if (isGraphqlError(error)) return harmless(firstProblem(error).message);
  return isRequestError(error) ? saidIn(error.response?.data) : "";
}

/** Tells whether a retry can help: no answer (Octokit calls that 500), a 5xx, or a rate limit. */
export function isPassing(error: unknown): error is RequestError {
  return (
    isRequestError(error) &&
    ((error.status >= 500 && (wayProblem(error)?.code ?? "unavailable") === "unavailable") ||
      rateLimitOf({ error }, Date.now()) !== undefined)
  );
}

/** Returns the status of a failed answer; undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  return isRequestError(error) && error.response !== undefined ? error.status : undefined;
}

/** Returns the status by which GitHub refuses a token, also within an answer of 200 to a GraphQL query; undefined for every other end of a request. */
export function tokenRefusal(ended: Attempted<unknown>): RefusedStatus | undefined {
  if ("error" in ended) return isPassing(ended.error) ? undefined : refusedStatus(statusOf(ended.error));
  const { data } = ended.value as { readonly data?: { readonly errors?: readonly GraphqlProblem[] } };
  return refusedStatus(graphqlTypes[data?.errors?.[0]?.type ?? ""]);
}

/** The reason why GitHub refused a mutation. `passes`: GitHub itself failed, and trying again can help. */
export interface RefusedMutation {
  readonly type: string | undefined;
  readonly message: string;
  readonly passes: boolean;
}

/** Returns GitHub's reason to refuse a GraphQL mutation; undefined unless the error came in an answer of 200. */
export function refusedMutation(error: unknown): RefusedMutation | undefined {
  if (!isGraphqlError(error)) return undefined;
  const { type, message } = firstProblem(error);
  const limited = rateLimitOf({ error }, Date.now()) !== undefined;
  return { type, message: harmless(message), passes: limited || type === undefined || passingTypes.includes(type) };
}

const passingTypes: readonly string[] = ["SERVICE_UNAVAILABLE", "INTERNAL"];

/**
 * Types of GraphQL errors, as statuses of the REST API. An error without a type is GitHub's own: it gave up half-way.
 */
const graphqlTypes: Readonly<Record<string, number>> = { FORBIDDEN: 403, INSUFFICIENT_SCOPES: 403, NOT_FOUND: 404 };

function graphqlFailure(doing: string, error: GraphqlResponseError): FairleadError {
  const { type, message, extensions } = firstProblem(error);
  const status = graphqlTypes[type ?? ""] ?? 0;
  const said = harmless(message);
  if (status !== 0) return refusalByStatus(doing, status, said, error);
  if (extensions?.code !== undefined)
    return new FairleadError("internal", `${doing}: GitHub rejects the query${aside(said)}`, { cause: error });
  const code = type === undefined || passingTypes.includes(type) ? "unavailable" : "input";
  return new FairleadError(code, `${doing}: GitHub refused it: ${said}`, { cause: error });
}

/**
 * GitHub refuses a pull request if a branch is missing (`invalid`). `custom`, without a field: one is open already, or
 * there are no commits between the branches.
 * https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
 */
function refusal(doing: string, error: RequestError): FairleadError {
  const reasons = reasonsIn(error.response?.data);
  const missing = reasons.find(({ code, field }) => code === "invalid" && (field === "head" || field === "base"));
  if (missing !== undefined) {
    return new FairleadError("not_found", `${doing}: the ${missing.field ?? ""} branch does not exist`, { cause: error });
  }
  const [first] = reasons;
  const code = first?.code === "custom" && first.field === undefined ? "conflict" : "input";
  const said = saidBy(error);
  return new FairleadError(code, `${doing}: GitHub refused it: ${said === "" ? "validation failed" : said}`, { cause: error });
}
