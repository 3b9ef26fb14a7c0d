import { retryAfter, type Attempted, type Retry } from "../../core/retry.ts";
import { isPassing } from "./failure.ts";
import type { RequestError } from "./octokit-error.ts";
import { rateLimitOf } from "./rate-limit.ts";

/** The attempts of a request, and the first back-off after a failure that passes, in milliseconds. */
export const persistence = { attempts: 3, firstPause: 400 };
/** The longest pause that GitHub may ask for, in milliseconds: for a longer one, the run is to come again. */
const longestPause = 120_000;
/** The shortest one. */
const shortestPause = 1_000;
/** The first pause, in milliseconds, after a rate limit that does not say how long: GitHub wants a minute or more, and longer each time. */
const minute = 60_000;

/** What is sent, as far as it decides whether it may be sent twice. */
interface Sent {
  readonly method: string;
  /** Its template, such as `/repos/{owner}/{repo}/git/blobs`. */
  readonly url: string;
  readonly query?: unknown;
}

/**
 * Returns the judge of one request's attempts. What GitHub put off is sent again, also if it writes, since nothing was done. After another failure
 * that passes, only what may be done twice is sent again.
 */
export function createJudge(sent: Sent): (ended: Attempted<unknown>) => Retry {
  const twice = isRepeatable(sent);
  let pause = minute;
  return (ended) => {
    const limit = rateLimitOf(ended, Date.now());
    if (limit === undefined) return twice && "error" in ended && isPassing(ended.error) ? afterFailure(ended.error) : "no";
    if (limit.after !== undefined) return limit.after > longestPause ? "no" : { after: Math.max(limit.after, shortestPause) };
    const after = pause * (1 + Math.random() / 4); // many that were limited together do not come back together
    pause *= 2;
    return { after };
  };
}

function afterFailure({ response }: RequestError): Retry {
  const asked = retryAfter(String(response?.headers["retry-after"] ?? ""), Date.now());
  if (asked === undefined || asked === 0) return "back-off";
  return asked > longestPause ? "no" : { after: asked };
}

/** Objects of Git are named by their content, and what is added to a set is in it once. */
const repeatablePosts = /\/(git\/(blobs|trees|commits)|labels|assignees|requested_reviewers|access_tokens)$/;

/**
 * Tells whether a request may be done twice: it reads, sets fields to what they are then, or makes what is there once. A GraphQL query is sent by POST,
 * and reads. https://docs.github.com/en/graphql/guides/forming-calls-with-graphql
 */
function isRepeatable({ method, url, query }: Sent): boolean {
  if (typeof query === "string") return query.startsWith("query");
  return method === "GET" || method === "PATCH" || (method === "POST" && repeatablePosts.test(url));
}
