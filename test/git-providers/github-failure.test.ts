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

/** Returns the hint that fairlead gives for a 403 with this sentence and these headers, at github.com or another server. */
function hintOf(message: string, headers: Readonly<Record<string, string>> = {}, url = "https://api.github.com/repos/acme/flux"): unknown {
  const error = Object.assign(new Error(message), {
    name: "HttpError",
    status: 403,
    response: { status: 403, url, headers, data: { message } },
  });
  const failure = githubFailure("open it", error);
  return failure instanceof FairleadError ? failure.hint : failure;
}

test.each([
  [
    "Resource protected by organization SAML enforcement. You must grant your OAuth token access to an organization within this enterprise.",
    "authorize the token for the organization's single sign-on, in GitHub's settings of tokens",
  ],
  [
    "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and 192.0.2.7 is not permitted to access this resource.",
    "run it from an address of the organization's IP allow list, or let an owner add this machine's to the list",
  ],
  [
    "Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth App access restrictions, meaning that data access to third-parties is limited.",
    "let an owner of the organization approve the OAuth app, or use a token of another kind",
  ],
  ["The 'acme' organization forbids access via a personal access token (classic).", "make a token that the organization's policy allows"],
  ["Repository was archived so is read-only.", "let an administrator of the repository unarchive it, or name another"],
  ["Unable to create comment because issue is locked.", "unlock the conversation of the pull request"],
  ["Sorry. Your account was suspended.", "let an owner of the account or the repository ask GitHub about it"],
  ["Resource not accessible by integration", "use a token with pull-requests: write and contents: write on the repository"],
  ["", "use a token with pull-requests: write and contents: write on the repository"],
])("the hint for a 403 fits what GitHub says of it: %s", (message, hint) => {
  expect(hintOf(message)).toBe(hint);
});

test("the hint for a 403 names the permissions that GitHub says would do, and nothing that is no permission", () => {
  const header = (value: string) => hintOf("Resource not accessible by integration", { "x-accepted-github-permissions": value });
  expect(
    ["contents=write,pull_requests=read; contents=write", "contents=write", "<b>contents</b>=write", "contents=write ".repeat(100)].map(
      header,
    ),
  ).toEqual([
    "use a token with contents: write and pull-requests: read, or with contents: write",
    "use a token with contents: write",
    "use a token with pull-requests: write and contents: write on the repository",
    "use a token with pull-requests: write and contents: write on the repository",
  ]);
});

test("the hint of an organization with single sign-on is its page to authorize the token, if that is on the same GitHub", () => {
  const message = "Resource protected by organization SAML enforcement.";
  const sso = (page: string, asked?: string) => hintOf(message, { "x-github-sso": `required; url=${page}` }, asked);
  const page = "https://github.com/orgs/acme/sso?authorization_request=AZSCKtL4U8yX1H3";
  const without = "authorize the token for the organization's single sign-on, in GitHub's settings of tokens";
  expect([
    sso(page),
    sso("https://git.acme.com/orgs/acme/sso", "https://git.acme.com/api/v3/repos/acme/flux"),
    sso("https://evil.example/orgs/acme/sso"),
    sso("https://github.com@evil.example/"),
    sso("http://github.com/orgs/acme/sso"),
    sso(`https://github.com/${"x".repeat(1_000)}`),
    hintOf(message, { "x-github-sso": "partial-results; organizations=21955855" }),
  ]).toEqual([
    `authorize the token for the organization's single sign-on: open ${page}`,
    "authorize the token for the organization's single sign-on: open https://git.acme.com/orgs/acme/sso",
    ...Array<string>(5).fill(without),
  ]);
});

test("the page of single sign-on is the hint of a GraphQL query that GitHub forbids, too", () => {
  const page = "https://github.com/orgs/acme/sso?authorization_request=AZSCKtL4U8yX1H3";
  const errors = [{ type: "FORBIDDEN", message: "Resource protected by organization SAML enforcement." }];
  const answer = { errors, headers: { "x-github-sso": `required; url=${page}` }, response: { data: null, errors } };
  const error = Object.assign(new Error("not shown"), { name: "GraphqlResponseError" }, answer);
  expect(githubFailure("push it", error)).toMatchObject({
    code: "forbidden",
    hint: `authorize the token for the organization's single sign-on: open ${page}`,
  });
});
