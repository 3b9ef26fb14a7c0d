import { afterEach, beforeEach, expect, test } from "vitest";
import { FairleadError } from "../../src/core/errors.ts";
import type { PullRequests } from "../../src/core/git/provider.ts";
import { parseRepository } from "../../src/core/git/repository.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { allowSettings } from "../../src/core/server-url.ts";
import { publicServers } from "../../src/core/servers.ts";
import { github } from "../../src/git-providers/github.ts";
import { secretValue } from "../../src/secrets.ts";
import { adapterOptions } from "../adapter-options.ts";
import { secondaryRateLimit, startGitHub, type Fault, type GitHub } from "../doubles/github.ts";

let server: GitHub;
let pauses: number[];
let notices: string[];

beforeEach(async () => {
  server = await startGitHub({ tokens: { writer: { login: "bot", write: ["acme/flux"] } } });
  await server.createRepository("acme/flux", { files: { "app.yaml": "1\n" }, autoMerge: true, blocked: true });
  await server.commit("acme/flux", { branch: "fairlead/app", files: { "app.yaml": "2\n" }, message: "deploy app 2" });
  [pauses, notices] = [[], []];
});

afterEach(async () => {
  await server.stop();
  expect([server.unknown, server.violations]).toEqual([[], []]);
});

/** Returns the pull requests of a run that waits in no time, and keeps in `pauses` for how long it would. */
function pulls(): PullRequests {
  const found = github.create(
    adapterOptions({
      credentials: [{ for: server.host, kind: "token", secret: secretValue("writer", "token", createRedactor()) }],
      settings: allowSettings(github, { url: server.url, api: server.apiUrl }, publicServers),
      delay: (milliseconds) => Promise.resolve(void pauses.push(milliseconds)),
      notice: (message) => void notices.push(message.replaceAll(server.host, "HOST")),
    }),
  ).pullRequests;
  if (found === undefined) throw new Error("GitHub has pull requests");
  return found;
}

const repository = () => parseRepository(`${server.url}/acme/flux`);
const open = () =>
  pulls().open({ repository: repository(), head: "fairlead/app", base: "main" }, { title: "deploy app 2", body: "" }, false);
const statuses = () => server.requests.map(({ status }) => status);

/** A secondary limit that does not say when to come again: `x-ratelimit-remaining` is that of the primary one, which is not used up. */
const silent = { ...secondaryRateLimit, headers: {} };
/** https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests */
const tooQuickly = {
  status: 422,
  body: {
    message: "Validation Failed",
    errors: [{ resource: "PullRequest", code: "custom", message: "was submitted too quickly" }],
    documentation_url: "https://docs.github.com/rest/pulls/pulls#create-a-pull-request",
  },
};
const inSeconds = (seconds: number): string => String(Math.ceil(Date.now() / 1000) + seconds);

test.each<[string, Fault, readonly [least: number, most: number]]>([
  ["by Retry-After", { ...secondaryRateLimit, headers: { "retry-after": "60" } }, [60_000, 60_000]],
  ["without a word on when", silent, [60_000, 75_000]],
  ["as an abuse", { status: 403, body: { message: "You have triggered an abuse detection mechanism." } }, [60_000, 75_000]],
  ["as 422", tooQuickly, [60_000, 75_000]],
  ["until its reset", { status: 429, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": inSeconds(110) } }, [90_000, 111_000]],
])("a pull request that GitHub puts off %s is opened after that pause", async (_how, fault, [least, most]) => {
  server.fail({ ...fault, method: "POST" });
  expect(await open()).toMatchObject({ number: 1, state: "open" });
  expect(statuses()).toEqual([fault.status, 201]);
  expect(pauses).toEqual([expect.toSatisfy((pause: number) => pause >= least && pause <= most)]);
  expect(notices).toEqual([`waiting ${Math.ceil((pauses[0] ?? 0) / 1000)} s, as GitHub limits requests for HOST/acme/flux`]);
});

test("a mutation that GitHub puts off in an answer of 200 is sent again after a minute", async () => {
  const opened = await open();
  const error = { type: "RATE_LIMITED", message: "API rate limit exceeded for user ID 1." };
  server.fail({ method: "POST", path: /graphql/, status: 200, body: { data: null, errors: [error] } });
  server.fail({
    method: "POST",
    path: /graphql/,
    status: 200,
    body: { errors: [{ type: "UNPROCESSABLE", message: "was submitted too quickly" }] },
  });
  await pulls().autoMerge(repository(), opened, "squash");
  expect(server.additions("acme/flux", 1).autoMerge).toBe("squash");
  expect(pauses.map((pause) => Math.floor(pause / 60_000))).toEqual([1, 2]);
});

test("a request that GitHub puts off three times fails, and says that GitHub limits it", async () => {
  server.fail({ ...silent, method: "POST", times: 3 });
  const failure: unknown = await open().catch((error: unknown) => error);
  if (!(failure instanceof FairleadError)) throw failure;
  expect([failure.code, failure.message.replaceAll(server.host, "HOST"), failure.hint]).toEqual([
    "unavailable",
    "open pull request fairlead/app → main in HOST/acme/flux: GitHub limits how often it is asked (You have exceeded a secondary rate limit. Please wait a few minutes before you try again.)",
    "run it again in a minute or more",
  ]);
  expect(pauses.map((pause) => Math.floor(pause / 60_000))).toEqual([1, 2]);
});

test("a limit whose reset is far away is not waited for, and the error says how long it is", async () => {
  server.fail({ method: "GET", status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": inSeconds(40 * 60) } });
  const failure: unknown = await pulls()
    .read(repository(), 1)
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "unavailable", hint: expect.stringMatching(/^run it again in 4[01] minutes$/) as string });
  expect([pauses, statuses()]).toEqual([[], [403]]);
});
