import { Octokit } from "@octokit/rest";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAppAuth } from "@octokit/auth-app";
import { needs } from "./github/apps/needs.ts";
import { routes } from "./github/routes.ts";
import { git } from "./bare.ts";
import type { MadeApp } from "./github/apps/actions.ts";
import { type GitHub, startGitHub } from "./github.ts";

const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const at = { owner: "acme", repo: "app" };

let github: GitHub;
let made: MadeApp;
let installation: number;

beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository("acme/app", { private: true, files: { "README.md": "hello\n" } });
  await github.createRepository("acme/other", { private: true, files: { "README.md": "hello\n" } });
  made = github.createApp({ slug: "acme-fairlead", permissions: { contents: "write", pull_requests: "read" } });
  installation = github.installApp({ app: made.id, account: "acme" });
});
afterEach(async () => {
  expect(github.violations).toEqual([]);
  await github.stop();
});

function asApp({ id = made.id, pem = made.pem } = {}): Octokit {
  return new Octokit({ baseUrl: github.apiUrl, log, authStrategy: createAppAuth, auth: { appId: id, privateKey: pem } });
}

const asToken = (auth: string): Octokit => new Octokit({ baseUrl: github.apiUrl, log, auth });

async function mint(body: object = {}): Promise<string> {
  const { data } = await asApp().rest.apps.createInstallationAccessToken({ installation_id: installation, ...body });
  return data.token;
}

/** Returns the status and GitHub's own words. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const error = (await call.then(
    () => ({ status: 200 }),
    (thrown: unknown) => thrown,
  )) as { status: number; response?: { data: { message: string } } };
  return `${error.status} ${error.response?.data.message ?? ""}`;
}

test("every route of GitHub's double says what the token of an App needs for it", () => {
  expect(routes.map(({ method, path }) => `${method} ${path}`).filter((each) => !(each in needs))).toEqual([]);
});

test("GitHub's double knows an App by the JSON Web Token that its key has signed", async () => {
  const { data } = await asApp().rest.apps.getAuthenticated();
  expect(data).toMatchObject({ id: made.id, slug: "acme-fairlead", permissions: { contents: "write" }, installations_count: 1 });
  expect(await refusal(asApp({ pem: github.createApp({ slug: "another" }).pem }).rest.apps.getAuthenticated())).toBe(
    "401 A JSON web token could not be decoded",
  );
  expect(await refusal(asApp({ id: 999999 }).rest.apps.getAuthenticated())).toBe("404 Integration not found");
  expect(await refusal(asToken(await mint()).rest.apps.getAuthenticated())).toBe("401 A JSON web token could not be decoded");
});

test("GitHub's double refuses a JSON Web Token of another time until it is made by the Date of its answer", async () => {
  const minutes = 60_000;
  for (const ahead of [-3 * minutes, 12 * minutes]) {
    github.setClock(ahead);
    const before = github.requests.length;
    await asApp().rest.apps.getAuthenticated();
    expect(github.requests.slice(before).map(({ status }) => status)).toEqual([401, 200]);
  }
});

test("the token of an installation may do what it was made for, and the refusal of anything else is in GitHub's words", async () => {
  const reader = asToken(await mint({ repositories: ["app"], permissions: { contents: "read" } }));
  const sha = (await reader.rest.git.getRef({ ...at, ref: "heads/main" })).data.object.sha;
  expect((await reader.rest.repos.get(at)).data.permissions).toMatchObject({ push: false, pull: false });
  const write = reader.rest.git.createRef({ ...at, ref: "refs/heads/new", sha });
  expect(await refusal(write)).toBe("403 Resource not accessible by integration");
  await expect(write).rejects.toMatchObject({ response: { headers: { "x-accepted-github-permissions": "contents=write" } } });
  expect(await refusal(reader.rest.pulls.list(at))).toBe("403 Resource not accessible by integration");
  expect(await refusal(reader.rest.repos.get({ ...at, repo: "other" }))).toBe("404 Not Found");
  expect(await refusal(reader.rest.users.getAuthenticated())).toBe("403 Resource not accessible by integration");
  const writer = asToken(await mint());
  await writer.rest.git.createRef({ ...at, ref: "refs/heads/new", sha });
  expect((await writer.rest.apps.listReposAccessibleToInstallation()).data.total_count).toBe(2);
});

test("the token of an installation is refused over GraphQL and by Git where its permissions end", async () => {
  const token = await mint({ permissions: { metadata: "read" } });
  const query = `query { repository(owner: "acme", name: "app") { object(oid: "${"0".repeat(40)}") { oid } } }`;
  await expect(asToken(token).graphql(query)).rejects.toMatchObject({ errors: [{ type: "FORBIDDEN" }] });
  const url = (each: string): string => `http://x-access-token:${each}@${github.host}/acme/app.git`;
  await expect(git(".", ["ls-remote", url(token)])).rejects.toThrow("not found");
  expect(await git(".", ["ls-remote", url(await mint({ permissions: { contents: "read" } })), "HEAD"])).toMatch(/^[0-9a-f]{40}\s+HEAD$/);
});

test("GitHub's double makes no token for what was not granted, nor for a suspended installation", async () => {
  expect(await refusal(mint({ permissions: { pull_requests: "write" } }))).toBe(
    "422 The level of access for permissions requested are not granted to this installation.",
  );
  expect(await refusal(mint({ permissions: { checks: "read" } }))).toBe(
    "422 The permissions requested are not granted to this installation.",
  );
  expect(await refusal(mint({ repositories: ["nothing"] }))).toBe(
    "422 There is at least one repository that does not exist or is not accessible to the parent installation.",
  );
  const token = await mint();
  github.suspendInstallation(installation, true);
  expect(await refusal(mint())).toBe("403 This installation has been suspended");
  expect(await refusal(asToken(token).rest.repos.get(at))).toBe("403 This installation has been suspended");
});

test("tokens of installations end, and new ones are unknown to some of GitHub as long as they are told to be", async () => {
  const token = await mint();
  github.endTokens();
  expect(await refusal(asToken(token).rest.repos.get(at))).toBe("401 Bad credentials");
  github.setTokenLag({ status: 404, requests: 2 });
  const young = asToken(await mint());
  const answers = [];
  for (let n = 0; n < 3; n += 1) answers.push(await refusal(young.rest.repos.get(at)));
  expect(answers).toEqual(["404 Not Found", "404 Not Found", "200 "]);
});

test("a renamed repository of GitHub's double is found by its old name as long as nobody takes it", async () => {
  const id = (await asToken(await mint()).rest.repos.get(at)).data.id;
  await github.renameRepository("acme/app", "acme/application");
  const { url } = await asApp().rest.apps.getRepoInstallation(at);
  expect(url).toBe(`${github.apiUrl}/repositories/${id}/installation`);
  expect((await asToken(await mint()).rest.repos.get(at)).data.full_name).toBe("acme/application");
  await github.createRepository("acme/app", { private: true });
  expect((await asToken(await mint()).rest.repos.get(at)).data.full_name).toBe("acme/app");
});
