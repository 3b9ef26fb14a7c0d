import { expect, test } from "vitest";
import { FairleadError } from "../../src/core/errors.ts";
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

/** Returns what fairlead says of an answer of GitHub with this body. */
function told(status: number, body: unknown): string {
  const error = Object.assign(new Error("not shown"), { name: "HttpError", status, response: { status, headers: {}, data: body } });
  const failure = githubFailure("open it", error);
  return failure instanceof FairleadError ? `${failure.code}: ${failure.message}` : "not ours";
}

test("GitHub's reasons for a 422 are shown, whether they are objects, texts or one text", () => {
  const message = "Validation Failed";
  expect(
    [
      { message, errors: ["Could not resolve to a node", "Head sha can't be blank"] },
      { message, errors: "The head is no branch" },
      {
        message,
        errors: [
          { resource: "PullRequest", field: "title", code: "missing_field" },
          { code: "custom", message: "It is locked" },
        ],
      },
      { message, errors: [{ resource: "PullRequest", code: "custom", message: "No commits between main and main" }] },
      { message, errors: [null, 7, ["x"], {}] },
      { message: "Sorry, this is locked" },
      "a proxy's page",
      undefined,
    ].map((body) => told(422, body)),
  ).toEqual([
    "input: open it: GitHub refused it: Could not resolve to a node; Head sha can't be blank",
    "input: open it: GitHub refused it: The head is no branch",
    "input: open it: GitHub refused it: title missing_field; It is locked",
    "conflict: open it: GitHub refused it: No commits between main and main",
    "input: open it: GitHub refused it: Validation Failed",
    "input: open it: GitHub refused it: Sorry, this is locked",
    "input: open it: GitHub refused it: validation failed",
    "input: open it: GitHub refused it: validation failed",
  ]);
});

test("GitHub's own sentence of a 403, and of an unknown status, is shown on one harmless line", () => {
  expect(told(403, { message: "Resource protected by organization SAML enforcement.\n\u001b[31mYou must grant access" })).toBe(
    "forbidden: open it: the token does not allow it (Resource protected by organization SAML enforcement. [31mYou must grant access)",
  );
  expect(told(403, { message: "x".repeat(1_000) })).toBe(`forbidden: open it: the token does not allow it (${"x".repeat(299)}…)`);
  expect([told(403, {}), told(404, { message: "Not Found" }), told(418, { message: "I'm a teapot" })]).toEqual([
    "forbidden: open it: the token does not allow it",
    "not_found: open it: there is no such repository or pull request, or the token does not show it",
    "internal: open it: GitHub answered 418 (I'm a teapot)",
  ]);
});

test("GitHub's sentence of a forbidden GraphQL query is shown", () => {
  const errors = [{ type: "FORBIDDEN", message: "Resource not accessible by integration" }];
  const error = Object.assign(new Error("not shown"), { name: "GraphqlResponseError", errors });
  expect(githubFailure("push it", error)).toMatchObject({
    code: "forbidden",
    message: "push it: the token does not allow it (Resource not accessible by integration)",
  });
});
