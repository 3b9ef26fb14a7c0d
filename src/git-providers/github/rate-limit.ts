// A rate limit of GitHub's: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
import { FairleadError } from "../../core/errors.ts";
import { retryAfter, type Attempted } from "../../core/retry.ts";
import { isGraphqlError, isRequestError, type AnswerHeaders, type GraphqlProblem } from "./octokit-error.ts";
import { aside, reasonsIn, sentenceIn } from "./said.ts";

/** A request that GitHub has put off: nothing of it was done, so that it may be sent again, whatever it writes. */
export interface RateLimit {
  /** The milliseconds that GitHub asks to wait; undefined if it does not say: it is a minute or more then. */
  readonly after: number | undefined;
}

/** Words of a secondary limit, which may come without a header, and as 422 or in an answer of 200 to a GraphQL query. */
const secondary = /secondary rate limit|abuse detection|submitted too quickly/i;
/** Types of GraphQL errors. https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api */
const types: readonly (string | undefined)[] = ["RATE_LIMIT", "RATE_LIMITED"];

/** Returns the rate limit for which an attempt has ended; undefined for every other end. `now` is in milliseconds since 1970. */
export function rateLimitOf(ended: Attempted<unknown>, now: number): RateLimit | undefined {
  if ("error" in ended) return limitOfError(ended.error, now);
  const { data, headers = {} } = ended.value as {
    readonly data?: { readonly errors?: readonly GraphqlProblem[] };
    headers?: AnswerHeaders;
  };
  return isLimiting(data?.errors?.[0]) ? { after: pauseOf(headers, now) } : undefined;
}

/** Returns the error for a rate limit that was not waited for. */
export function rateLimitFailure(doing: string, { after }: RateLimit, said: string, cause: unknown): FairleadError {
  const minutes = Math.ceil((after ?? 0) / 60_000);
  const hint = `run it again in ${minutes > 1 ? `${minutes} minutes` : "a minute or more"}`;
  return new FairleadError("unavailable", `${doing}: GitHub limits how often it is asked${aside(said)}`, { hint, cause });
}

function limitOfError(error: unknown, now: number): RateLimit | undefined {
  if (isGraphqlError(error)) return isLimiting(error.errors[0]) ? { after: pauseOf(error.headers ?? {}, now) } : undefined;
  if (!isRequestError(error) || error.response === undefined) return undefined;
  const { headers, data } = error.response;
  return isLimit(error.status, headers, data) ? { after: pauseOf(headers, now) } : undefined;
}

function isLimit(status: number, headers: AnswerHeaders, body: unknown): boolean {
  const said = [sentenceIn(body), ...reasonsIn(body).map(({ message }) => message ?? "")].some((text) => secondary.test(text));
  if (status === 403) return said || headers["retry-after"] !== undefined || isUsedUp(headers);
  return status === 429 || (status === 422 && said);
}

function isLimiting(problem: GraphqlProblem | undefined): boolean {
  return problem !== undefined && (types.includes(problem.type) || secondary.test(problem.message));
}

function isUsedUp(headers: AnswerHeaders): boolean {
  return String(headers["x-ratelimit-remaining"]) === "0";
}

function pauseOf(headers: AnswerHeaders, now: number): number | undefined {
  const asked = retryAfter(String(headers["retry-after"] ?? ""), now);
  if (asked !== undefined) return asked;
  const reset = Number(headers["x-ratelimit-reset"]) * 1_000;
  return isUsedUp(headers) && Number.isFinite(reset) ? Math.max(reset - now, 0) : undefined;
}
