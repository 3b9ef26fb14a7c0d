import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Credential } from "../../src/core/credential.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { GitProvider, PullRequestQuery } from "../../src/core/git-provider.ts";
import { parseRepository } from "../../src/core/repository.ts";
import { createRedactor } from "../../src/core/secret.ts";
import type { Servers } from "../../src/core/servers.ts";
import { github } from "../../src/git-providers/github.ts";
import { secretValue } from "../../src/secrets.ts";
import { adapterOptions } from "../adapter-options.ts";
import { secondaryRateLimit, startGitHub, type GitHub } from "../doubles/github.ts";

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

const servers = (): Servers => ({ github: { host: server.host, api: server.apiUrl }, plainHttp: [] });

function provider(token: string | undefined, resource = server.host): Required<GitProvider> {
  const secret = secretValue(token ?? "none", "token", createRedactor());
  const credentials: Credential[] = token === undefined ? [] : [{ for: resource, kind: "token", secret }];
  return github(adapterOptions({ credentials, servers: servers() })) as Required<GitProvider>;
}

const query = (changes: Partial<PullRequestQuery> = {}): PullRequestQuery => ({
  repository: parseRepository(`${server.url}/acme/flux`),
  head: "fairlead/app",
  base: "main",
  ...changes,
});
const text = { title: "deploy app 2", body: "by fairlead" };

async function failureOf(doing: Promise<unknown>): Promise<string> {
  const error: unknown = await doing.then(
    () => "no error",
    (failure: unknown) => failure,
  );
  return error instanceof FairleadError ? `${error.code}: ${error.message.replaceAll(server.host, "HOST")}` : String(error);
}

test("Serves GitHub's hosts, and the one that the run was told of", () => {
  const hub = github(adapterOptions({ servers: servers() }));
  const hosts = ["github.com", "acme.ghe.com", "github.acme.com", server.host, "gitlab.com", "notgithub.com", "ghe.com"];
  expect(hosts.filter((host) => hub.serves(host))).toEqual(["github.com", "acme.ghe.com", "github.acme.com", server.host]);
});

describe("A pull request", () => {
  test("is opened, found, and edited", async () => {
    const writer = provider("writer");
    const before = await writer.findPullRequest(query());
    const opened = await writer.openPullRequest(query(), text);
    const found = await writer.findPullRequest(query());
    const edited = await writer.editPullRequest(query().repository, 1, { title: "deploy app 3", body: "" });
    expect([before, opened]).toEqual([undefined, { number: 1, url: `${server.url}/acme/flux/pull/1`, ...text, commit }]);
    expect(found).toEqual(opened);
    expect(edited).toEqual({ ...opened, title: "deploy app 3", body: "" });
    expect(server.requests.map(({ method, status }) => `${method} ${status}`)).toEqual(["GET 200", "POST 201", "GET 200", "PATCH 200"]);
  });

  test("is found among those of other branches, and not once it is closed", async () => {
    const writer = provider("writer");
    await server.commit("acme/flux", { branch: "other", files: { "app.yaml": "3\n" }, message: "other" });
    await writer.openPullRequest(query({ head: "other" }), text);
    await writer.openPullRequest(query(), text);
    expect((await writer.findPullRequest(query()))?.number).toBe(2);
    await server.closePull("acme/flux", 2);
    expect(await writer.findPullRequest(query())).toBeUndefined();
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
  ])("%s is refused", async (_what, changes, expected) => {
    const writer = provider("writer");
    await writer.openPullRequest(query(), text);
    expect(await failureOf(writer.openPullRequest(query(changes), text))).toBe(expected);
  });

  test("with a title that GitHub does not take is an input error", async () => {
    expect(await failureOf(provider("writer").openPullRequest(query(), { title: "x".repeat(257), body: "" }))).toBe(
      "input: open pull request fairlead/app → main in HOST/acme/flux: GitHub refused it: title is too long (maximum is 256 characters)",
    );
  });

  test("needs a repository with an owner", async () => {
    const repository = parseRepository(`${server.url}/acme/team/flux`);
    expect(await failureOf(provider("writer").findPullRequest(query({ repository })))).toBe(
      "input: find pull request fairlead/app → main in HOST/acme/team/flux: a repository on GitHub is OWNER/NAME",
    );
  });
});

describe("A token", () => {
  test.each([
    ["that is wrong", "wrong", "unauthenticated: find pull request fairlead/app → main in HOST/acme/flux: GitHub does not know the token"],
    [
      "that is missing",
      undefined,
      "not_found: find pull request fairlead/app → main in HOST/acme/flux: there is no such repository or pull request, or the token does not show it",
    ],
  ])("%s is told", async (_what, token, expected) => {
    expect(await failureOf(provider(token).findPullRequest(query()))).toBe(expected);
  });

  test("that only reads opens nothing", async () => {
    expect(await failureOf(provider("reader").openPullRequest(query(), text))).toBe(
      "forbidden: open pull request fairlead/app → main in HOST/acme/flux: the token does not allow it",
    );
  });

  test("of another repository is not used", async () => {
    expect(await failureOf(provider("writer", `${server.host}/acme/other`).findPullRequest(query()))).toMatch(/^not_found: /);
  });
});

describe("A failure that passes", () => {
  test("is tried again when nothing was to be changed, three times in all", async () => {
    server.fail({ method: "GET", status: 502, times: 2 });
    expect(await provider("writer").findPullRequest(query())).toBeUndefined();
    server.fail({ method: "GET", status: 503, times: 4 });
    expect(await failureOf(provider("writer").findPullRequest(query()))).toBe(
      "unavailable: find pull request fairlead/app → main in HOST/acme/flux: GitHub answered 503",
    );
    expect(server.requests.map(({ status }) => status)).toEqual([502, 502, 200, 503, 503, 503]);
  });

  test("is not tried again when something was", async () => {
    server.fail({ method: "POST", status: 500 });
    expect(await failureOf(provider("writer").openPullRequest(query(), text))).toMatch(/^unavailable: .*: GitHub answered 500$/);
    expect(server.requests.map(({ status }) => status)).toEqual([500]);
  });

  test.each([
    ["a secondary rate limit", secondaryRateLimit],
    ["the primary one", { status: 403, headers: { "x-ratelimit-remaining": "0" } }],
    ["the primary one as 429", { status: 429, headers: { "x-ratelimit-remaining": "0" } }],
  ])("is %s", async (_what, fault) => {
    server.fail({ ...fault, method: "POST" });
    expect(await failureOf(provider("writer").openPullRequest(query(), text))).toMatch(/^unavailable: /);
  });

  test("is a server that cannot be reached", async () => {
    const reached = provider("writer");
    const where = query();
    await server.stop();
    expect(await failureOf(reached.openPullRequest(where, text))).toMatch(
      /^unavailable: open pull request fairlead\/app → main in HOST\/acme\/flux: it cannot be reached \(/,
    );
  });
});
