// Deployments, comments and commits at the double of GitHub.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FairleadError } from "../../src/core/errors.ts";
import { parseRepository, type Repository } from "../../src/core/git/repository.ts";
import type { GitProvider } from "../../src/core/git/provider.ts";
import { git } from "../doubles/bare.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { reportContext } from "../reporters/context.ts";

let server: GitHub;
let folder: string;
let commit: string;
let repository: Repository;

beforeEach(async () => {
  const tokens = {
    writer: { login: "bot", write: ["acme/app"] },
    app: { login: "fairlead[bot]", write: ["acme/app"] },
    reader: { login: "eye", read: ["acme/app"] },
  };
  server = await startGitHub({ tokens });
  folder = await server.createRepository("acme/app", { files: { "a.txt": "1\n" }, private: true });
  commit = await server.commit("acme/app", { branch: "topic", files: { "a.txt": "2\n" }, message: "two" });
  repository = parseRepository(`${server.url}/acme/app`);
});

afterEach(async () => {
  await server.stop();
  expect([server.unknown, server.violations]).toEqual([[], []]);
});

const as = (token: string): Required<GitProvider> => reportContext(server, { token }).gitProvider(server.host) as Required<GitProvider>;
const asked = (): readonly string[] => server.requests.map(({ method, status }) => `${method} ${status}`);

async function failureOf(doing: Promise<unknown>): Promise<string> {
  const error: unknown = await doing.then(
    () => "no error",
    (failure: unknown) => failure,
  );
  return error instanceof FairleadError
    ? `${error.code}: ${error.message.replaceAll(server.host, "HOST").replaceAll(commit, "COMMIT")}`
    : String(error);
}

describe("deployments", () => {
  const about = { environment: "staging", task: "deploy", description: "waits", production: false };

  test("a deployment is of the commit as it is, whatever its branch lacks and its checks say", async () => {
    await server.commit("acme/app", { branch: "main", files: { "b.txt": "1\n" }, message: "newer" });
    server.setStatus("acme/app", commit, { state: "failure", context: "ci", description: "no" });
    const made = await as("writer").deployments.create(repository, { ...about, commit, payload: { run: "r1" } });
    await as("writer").deployments.setStatus(repository, made.id, {
      state: "success",
      description: "é".repeat(200),
      environmentUrl: "https://app.stg.acme.dev",
      logUrl: "https://ci.acme.dev/runs/1",
      endsOlder: false,
    });
    const [status] = await as("reader").deployments.statuses(repository, made.id);
    expect({ made, status: { ...status, at: undefined } }).toEqual({
      made: { id: made.id, commit, environment: "staging", payload: { run: "r1" }, isOwn: true },
      status: {
        state: "success",
        description: `${"é".repeat(139)}…`,
        environmentUrl: "https://app.stg.acme.dev",
        logUrl: "https://ci.acme.dev/runs/1",
        at: undefined,
        isOwn: false, // it is the writer's
      },
    });
    expect(server.deployments("acme/app")).toMatchObject([{ ref: commit, sha: commit, production: false, creator: "bot" }]);
  });

  test("deployments are found beyond the first page, the newest first, by environment, task and commit", async () => {
    const { deployments } = as("writer");
    for (let at = 0; at < 205; at++) await deployments.create(repository, { ...about, commit, payload: { at } });
    await deployments.create(repository, { ...about, environment: "production", commit, payload: {} });
    await deployments.create(repository, { ...about, task: "deploy:migrations", commit, payload: {} });
    const before = server.requests.length;
    const found = await deployments.find(repository, { environment: "staging", task: "deploy", commit });
    const none = await deployments.find(repository, { environment: "staging", task: "deploy", commit: "0".repeat(40) });
    expect([found.length, found[0]?.payload, found.at(-1)?.payload, none, server.requests.length - before]).toEqual([
      205,
      { at: 204 },
      { at: 0 },
      [],
      4,
    ]);
  });

  test("a token that may only read makes no deployment, and a commit that is not there has none", async () => {
    const create = (token: string, sha: string): Promise<string> =>
      failureOf(as(token).deployments.create(repository, { ...about, commit: sha, payload: {} }));
    expect([await create("reader", commit), await create("writer", "0".repeat(40))]).toMatchInlineSnapshot(`
      [
        "forbidden: create a deployment to staging of HOST/acme/app: the token does not allow it (Resource not accessible by personal access token)",
        "input: create a deployment to staging of HOST/acme/app: GitHub refused it: No ref found for: 0000000000000000000000000000000000000000",
      ]
    `);
  });
});

describe("comments", () => {
  const marker = "<!-- ours -->";

  beforeEach(async () => {
    await as("writer").pullRequests.open({ repository, head: "topic", base: "main" }, { title: "two", body: "" }, false);
  });

  test("a comment is found by its marker among 250, is edited in place, and is deleted once", async () => {
    const { comments } = as("app");
    for (let at = 0; at < 220; at++) server.comment("acme/app", 1, "ada", `comment ${at}`);
    const written = await comments.write(repository, 1, `${marker}\none`);
    for (let at = 0; at < 30; at++) server.comment("acme/app", 1, "ada", `later ${at}`);
    const found = await comments.find(repository, 1, marker);
    await comments.edit(repository, written.id, `${marker}\ntwo`);
    const edited = await comments.find(repository, 1, marker);
    await comments.delete(repository, written.id);
    await comments.delete(repository, written.id);
    expect([found, edited, await comments.find(repository, 1, marker), server.comments("acme/app", 1).length]).toEqual([
      [written],
      [{ id: written.id, body: `${marker}\ntwo` }],
      [],
      250,
    ]);
  });

  test("a marker that somebody else has written is not taken for ours, nor one that does not begin the comment", async () => {
    server.comment("acme/app", 1, "mallory", `${marker}\nforged`);
    server.comment("acme/app", 1, "fairlead", `${marker}\nforged too`);
    server.comment("acme/app", 1, "fairlead[bot]", `a quote: ${marker}`);
    server.comment("acme/app", 1, "fairlead[bot]", `${marker}\nours`);
    const found = await as("app").comments.find(repository, 1, marker);
    expect(found.map(({ body }) => body)).toEqual([`${marker}\nours`]);
  });

  test("our login is asked for only where a marker is there, and once; the answer to a comment says it too", async () => {
    const { comments } = as("writer");
    const before = server.requests.length;
    await comments.find(repository, 1, marker);
    await comments.write(repository, 1, marker);
    expect((await comments.find(repository, 1, marker)).length).toBe(1);
    const other = as("writer").comments;
    await other.find(repository, 1, marker);
    await other.find(repository, 1, marker);
    expect(server.requests.slice(before).map(({ method, path }) => `${method} ${path.split("?")[0]}`)).toEqual([
      "GET /repos/acme/app/issues/1/comments",
      "POST /repos/acme/app/issues/1/comments",
      "GET /repos/acme/app/issues/1/comments",
      "GET /repos/acme/app/issues/1/comments",
      "POST /api/graphql",
      "GET /repos/acme/app/issues/1/comments",
    ]);
  });
});

describe("commits", () => {
  /** Makes commits on a branch in one go. */
  async function addCommits(branch: string, from: string, subjects: readonly string[]): Promise<string> {
    const commits = subjects.map((subject, at) => {
      const who = `Ada <ada@acme.dev> ${1_700_000_000 + at} +0000`;
      const parent = at === 0 ? `from ${from}\n` : "";
      return `commit refs/heads/${branch}\nauthor ${who}\ncommitter ${who}\ndata ${Buffer.byteLength(subject)}\n${subject}\n${parent}\n`;
    });
    await git(folder, ["fast-import", "--quiet"], { input: commits.join("") });
    return git(folder, ["rev-parse", branch]);
  }

  test("the commits between two are listed with their authors and pull requests, the newest first", async () => {
    const to = await addCommits("work", commit, ["feat: a (#12)\n\nbody (#13)", "Merge pull request #14 from acme/x", "fix #15"]);
    const { commits, total } = await as("reader").commits.between(repository, { from: commit, to });
    expect([total, commits.map(({ sha, ...rest }) => ({ ...rest, isHead: sha === to }))]).toEqual([
      3,
      [
        { author: "Ada", subject: "fix #15", pullRequests: [], isHead: true },
        { author: "Ada", subject: "Merge pull request #14 from acme/x", pullRequests: [14], isHead: false },
        { author: "Ada", subject: "feat: a (#12)", pullRequests: [12], isHead: false },
      ],
    ]);
    expect(asked()).toEqual(["GET 200"]);
  });

  test("the newest of more than 250 commits are listed, and the number of all is told", async () => {
    const to = await addCommits(
      "work",
      commit,
      Array.from({ length: 260 }, (_, at) => `change ${at}`),
    );
    const { commits, total } = await as("reader").commits.between(repository, { from: commit, to });
    expect([total, commits.length, commits[0]?.subject, commits.at(-1)?.subject]).toEqual([260, 250, "change 259", "change 10"]);
  });

  test("the commits before one are listed without it, the newest first, and as many as are asked for", async () => {
    const to = await addCommits("work", commit, ["a", "b", "c"]);
    const history = (await git(folder, ["rev-list", to])).split("\n");
    expect(await as("reader").commits.before(repository, to, 2)).toEqual(history.slice(1, 3));
    expect(asked()).toEqual(["GET 200"]);
  });

  test("commits of which one is not there cannot be compared", async () => {
    expect(await failureOf(as("reader").commits.between(repository, { from: "0".repeat(40), to: commit }))).toMatchInlineSnapshot(
      `"not_found: compare 0000000000000000000000000000000000000000 with COMMIT in HOST/acme/app: there is no such repository or pull request, or the token does not show it"`,
    );
  });

  test("the pull request by which a commit came is found, merged or open", async () => {
    const { pullRequests, commits } = as("writer");
    await pullRequests.open({ repository, head: "topic", base: "main" }, { title: "two", body: "" }, false);
    const open = await commits.pullRequestsOf(repository, commit);
    const merge = await server.mergePull("acme/app", 1, "squash");
    const none = await server.commit("acme/app", { branch: "main", files: { "c.txt": "1\n" }, message: "alone" });
    expect([open, await commits.pullRequestsOf(repository, merge), await commits.pullRequestsOf(repository, none)]).toEqual([[1], [1], []]);
  });
});
