import { expect, test } from "vitest";
import { githubFailure } from "../../src/git-providers/github/failure.ts";

/** An error as Octokit throws it. */
function answered(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Error {
  return Object.assign(new Error(message), { name: "HttpError", status, response: { status, headers, data: { message } } });
}

test.each([
  [403, "You have exceeded a secondary rate limit. Please wait.", { "x-ratelimit-remaining": "4321" }, "unavailable"],
  [403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" }, "unavailable"],
  [403, "slow down", { "retry-after": "60" }, "unavailable"],
  [403, "Resource not accessible by integration", { "x-ratelimit-remaining": "4321" }, "forbidden"],
  [429, "too many requests", {}, "unavailable"],
] as const)("GitHub's answer %i with %j is known by its kind", (status, message, headers, code) => {
  expect(githubFailure("open it", answered(status, message, headers))).toMatchObject({ code });
});
