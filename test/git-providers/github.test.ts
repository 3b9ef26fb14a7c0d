import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Statuses } from "../../src/core/git/statuses.ts";
import type { Credential } from "../../src/core/credential.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { GitProviderAdapter, PullRequestBranches, PullRequestQuery } from "../../src/core/git/provider.ts";
import { parseRepository } from "../../src/core/git/repository.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { github } from "../../src/git-providers/github.ts";
import { secretValue } from "../../src/secrets.ts";
import { adapterOptions } from "../adapter-options.ts";
import { secondaryRateLimit, startGitHub, type GitHub } from "../doubles/github.ts";
import { allowSettings } from "../../src/core/server-url.ts";
import { publicServers } from "../../src/core/servers.ts";

let server: GitHub;
let commit: string;

beforeEach(async () => {
  server = await startGitHub({ tokens: { writer: { login: "bot", write: ["acme/flux"] }, reader: { login: "eye", read: ["acme/flux"] } } });
  await server.createRepository("acme/flux", { files: { "app.yaml": "1\n" }, private: true });
  commit = await server.commit("acme/flux", { branch: "fairlead/app", files: { "app.yaml": "2\n" }, message: "deploy app 2" });
});

afterEach(async () => {
  await server.stop();
  expect([server.unknown, server.violations]).toEqual([[], []]);
});

const settings = () => allowSettings(github, { url: server.url, api: server.apiUrl }, publicServers);

function provider(token: string | undefined, resource = server.host): Required<GitProviderAdapter> {
  const secret = secretValue(token ?? "none", "token", createRedactor());
  const credentials: Credential[] = token === undefined ? [] : [{ for: resource, kind: "token", secret }];
  return github.create(adapterOptions({ credentials, settings: settings() })) as Required<GitProviderAdapter>;
}

const pulls = (token: string | undefined, resource?: string): NonNullable<GitProviderAdapter["pullRequests"]> =>
  provider(token, resource).pullRequests;
const branches = (changes: Partial<PullRequestBranches> = {}): PullRequestBranches => ({
  repository: parseRepository(`${server.url}/acme/flux`),
  head: "fairlead/app",
  base: "main",
  ...changes,
});
/** Lists the open pull requests between the same branches. */
const listed = (changes: Partial<PullRequestBranches> = {}): PullRequestQuery => ({ ...branches(changes), state: "open" });
const text = { title: "deploy app 2", body: "by fairlead" };

async function failureOf(doing: Promise<unknown>): Promise<string> {
  const error: unknown = await doing.then(
    () => "no error",
    (failure: unknown) => failure,
  );
  return error instanceof FairleadError ? `${error.code}: ${error.message.replaceAll(server.host, "HOST")}` : String(error);
}

test("the provider serves GitHub's hosts, and the one that the run was told of", () => {
  const hosts = ["github.com", "acme.ghe.com", "github.acme.com", server.host, "gitlab.com", "notgithub.com", "ghe.com"];
  expect(hosts.filter((host) => github.serves(host, settings()))).toEqual(["github.com", "acme.ghe.com", "github.acme.com", server.host]);
});

describe("pull requests", () => {
  test("a pull request is opened, found and edited", async () => {
    const writer = pulls("writer");
    const before = await writer.list(listed());
    const opened = await writer.open(branches(), text, false);
    const found = await writer.list(listed());
    const edited = await writer.edit(branches().repository, 1, { title: "deploy app 3", body: "" });
    const words = { number: 1, url: `${server.url}/acme/flux/pull/1`, state: "open", ...text };
    const ends = { head: "fairlead/app", fork: false, base: "main", commit, mergeCommit: undefined, closedAt: undefined };
    const nobody = { labels: [], assignees: [], reviewers: [], teamReviewers: [], milestone: undefined, autoMerge: undefined };
    expect([before, opened]).toEqual([[], { ...words, ...ends, ...nobody }]);
    expect(found).toEqual([opened]);
    expect(edited).toEqual({ ...opened, title: "deploy app 3", body: "" });
    expect(server.requests.map(({ method, status }) => `${method} ${status}`)).toEqual(["GET 200", "POST 201", "GET 200", "PATCH 200"]);
  });

  test("a pull request is found among those of other branches, and not once it is closed", async () => {
    const writer = pulls("writer");
    await server.commit("acme/flux", { branch: "other", files: { "app.yaml": "3\n" }, message: "other" });
    await writer.open(branches({ head: "other" }), text, false);
    await writer.open(branches(), text, false);
    expect((await writer.list(listed())).map(({ number }) => number)).toEqual([2]);
    await server.closePull("acme/flux", 2);
    expect(await writer.list(listed())).toEqual([]);
    expect(await writer.list({ ...listed(), state: "all" })).toMatchObject([{ number: 2, state: "closed", head: "fairlead/app" }]);
  });

  test("a pull request of a fork is marked as such, and not found by a branch of that name", async () => {
    await server.openFromFork("acme/flux", { owner: "stranger", head: "fairlead/app", ...text });
    const { repository, base } = branches();
    expect(await pulls("reader").list(listed())).toEqual([]);
    expect(await pulls("reader").list({ repository, base, state: "open" })).toMatchObject([{ head: "fairlead/app", fork: true }]);
  });

  test("a search of pull requests stops at the page that is old enough", async () => {
    for (let at = 0; at < 3; at++) await server.openFromFork("acme/flux", { owner: `stranger-${at}`, head: "app", ...text });
    const { repository, base } = branches();
    const since = { repository, base, state: "open", changedSince: "2100-01-01T00:00:00Z" } as const;
    expect(await pulls("reader").list(since)).toEqual([]);
    expect(await pulls("reader").list({ ...since, changedSince: "2000-01-01T00:00:00Z" })).toHaveLength(3);
  });

  test("statuses are those of a commit, or of a branch's head", async () => {
    server.setStatus("acme/flux", commit, { state: "failure", context: "kustomization/app", description: "not yet" });
    const createdAt = new Date("2026-11-30T12:00:00Z");
    server.setStatus("acme/flux", commit, { state: "success", context: "kustomization/app", description: "", createdAt });
    const statuses: Statuses["list"] = (at, ref) => provider("reader").statuses.list(at, ref);
    const expected = { commit, statuses: [{ context: "kustomization/app", state: "success", description: "", url: undefined, createdAt }] };
    expect([await statuses(branches().repository, commit), await statuses(branches().repository, "fairlead/app")]).toEqual([
      expected,
      expected,
    ]);
  });

  test.each([
    [
      "that is open already",
      {},
      "conflict: open pull request fairlead/app → main in HOST/acme/flux: GitHub refused it: A pull request already exists for acme:fairlead/app.",
    ],
    [
      "from a missing branch",
      { head: "none" },
      "not_found: open pull request none → main in HOST/acme/flux: the head branch does not exist",
    ],
    [
      "to a missing branch",
      { base: "none" },
      "not_found: open pull request fairlead/app → none in HOST/acme/flux: the base branch does not exist",
    ],
    [
      "without a commit",
      { head: "main" },
      "conflict: open pull request main → main in HOST/acme/flux: GitHub refused it: No commits between main and main",
    ],
  ])("a pull request %s is refused", async (_what, changes, expected) => {
    const writer = pulls("writer");
    await writer.open(branches(), text, false);
    expect(await failureOf(writer.open(branches(changes), text, false))).toBe(expected);
  });

  test("a title that GitHub refuses is an input error", async () => {
    expect(await failureOf(pulls("writer").open(branches(), { title: "x".repeat(257), body: "" }, false))).toBe(
      "input: open pull request fairlead/app → main in HOST/acme/flux: GitHub refused it: title is too long (maximum is 256 characters)",
    );
  });

  test("a repository without an owner is refused", async () => {
    const repository = parseRepository(`${server.url}/acme/team/flux`);
    expect(await failureOf(pulls("writer").list(listed({ repository })))).toBe(
      "input: list pull requests to main in HOST/acme/team/flux: a repository on GitHub is OWNER/NAME",
    );
  });
});

describe("tokens", () => {
  test.each([
    ["that is wrong", "wrong", "unauthenticated: list pull requests to main in HOST/acme/flux: GitHub does not know the token"],
    [
      "that is missing",
      undefined,
      "not_found: list pull requests to main in HOST/acme/flux: there is no such repository or pull request, or the token does not show it",
    ],
  ])("a token %s is an error", async (_what, token, expected) => {
    expect(await failureOf(pulls(token).list(listed()))).toBe(expected);
  });

  test("a token that may only read opens no pull request", async () => {
    expect(await failureOf(pulls("reader").open(branches(), text, false))).toBe(
      "forbidden: open pull request fairlead/app → main in HOST/acme/flux: the token does not allow it (Resource not accessible by personal access token)",
    );
  });

  test("a token of another repository is not used", async () => {
    expect(await failureOf(pulls("writer", `${server.host}/acme/other`).list(listed()))).toMatch(/^not_found: /);
  });
});

describe("passing failures", () => {
  test("a passing failure of a read is retried, three attempts in all", async () => {
    server.fail({ method: "GET", status: 502, times: 2 });
    expect(await pulls("writer").list(listed())).toEqual([]);
    server.fail({ method: "GET", status: 503, times: 4 });
    expect(await failureOf(pulls("writer").list(listed()))).toBe(
      "unavailable: list pull requests to main in HOST/acme/flux: GitHub answered 503",
    );
    expect(server.requests.map(({ status }) => status)).toEqual([502, 502, 200, 503, 503, 503]);
  });

  test("a passing failure of a write is not retried", async () => {
    server.fail({ method: "POST", status: 500 });
    expect(await failureOf(pulls("writer").open(branches(), text, false))).toMatch(/^unavailable: .*: GitHub answered 500$/);
    expect(server.requests.map(({ status }) => status)).toEqual([500]);
  });

  test("a passing failure of a write that may be done twice is retried", async () => {
    const writer = pulls("writer");
    await writer.open(branches(), text, false);
    server.fail({ method: "PATCH", status: 502 });
    await writer.edit(branches().repository, 1, { title: "deploy app 3", body: "" });
    server.fail({ method: "POST", path: /labels$/, status: 503 });
    await writer.add(branches().repository, 1, {
      labels: ["deploy"],
      assignees: [],
      reviewers: [],
      teamReviewers: [],
      milestone: undefined,
    });
    expect(server.requests.map(({ method, status }) => `${method} ${status}`)).toEqual([
      ...["POST 201", "PATCH 502", "PATCH 200", "POST 503", "POST 200"],
    ]);
  });

  test.each([
    ["a secondary rate limit", { ...secondaryRateLimit, headers: { "retry-after": "300" } }],
    ["the primary one", { status: 403, headers: { "x-ratelimit-remaining": "0" } }],
    ["the primary one as 429", { status: 429, headers: { "x-ratelimit-remaining": "0" } }],
  ])("a failure that passes later than a run waits for: %s", async (_what, fault) => {
    server.fail({ ...fault, method: "POST" });
    expect(await failureOf(pulls("writer").open(branches(), text, false))).toMatch(/^unavailable: /);
    expect(server.requests.map(({ status }) => status)).toEqual([fault.status]);
  });

  test("a server that cannot be reached is unavailable", async () => {
    const reached = pulls("writer");
    const where = branches();
    await server.stop();
    expect(await failureOf(reached.open(where, text, false))).toMatch(
      /^unavailable: open pull request fairlead\/app → main in HOST\/acme\/flux: it cannot be reached \(/,
    );
  });
});
