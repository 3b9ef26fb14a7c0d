import { Octokit } from "@octokit/rest";
import { afterEach, beforeEach, expect, test } from "vitest";
import { git } from "./bare.ts";
import { type GitHub, startGitHub } from "./github.ts";

const app = { owner: "acme", repo: "app" };
const quiet = (): void => undefined;

let github: GitHub;
let bare = "";
let octokit: Octokit;

beforeEach(async () => {
  github = await startGitHub({ tokens: { writer: { login: "ann", write: ["*"] } } });
  bare = await github.createRepository("acme/app", { files: { "app.yaml": "image: app:1\n" } });
  await github.commit("acme/app", { branch: "deploy", files: { "app.yaml": "image: app:2\n" }, message: "deploy 2" });
  octokit = new Octokit({ baseUrl: github.apiUrl, auth: "writer", log: { debug: quiet, info: quiet, warn: quiet, error: quiet } });
});
afterEach(async () => {
  expect({ unknown: github.unknown, violations: github.violations }).toEqual({ unknown: [], violations: [] });
  await github.stop();
});

const open = (more: Partial<Parameters<Octokit["pulls"]["create"]>[0]> = {}): ReturnType<Octokit["pulls"]["create"]> =>
  octokit.pulls.create({ ...app, title: "Deploy app 2", head: "deploy", base: "main", body: "why", ...more });
const get = async (number = 1): Promise<Awaited<ReturnType<Octokit["pulls"]["get"]>>["data"]> =>
  (await octokit.pulls.get({ ...app, pull_number: number })).data;
const head = (ref: string): Promise<string> => git(bare, ["rev-parse", ref]);

interface Problem {
  readonly message: string;
  readonly errors?: readonly object[];
}

async function refusal(call: Promise<unknown>): Promise<Problem & { readonly status: number }> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { status, response } = error as { readonly status: number; readonly response: { readonly data: Problem } };
  const { message, errors } = response.data;
  return { status, message, ...(errors && { errors }) };
}

const failed = (error: object): object => ({ status: 422, message: "Validation Failed", errors: [{ resource: "PullRequest", ...error }] });

test("a pull request shows what it would merge, once that was computed", async () => {
  const { data } = await open();
  expect(data).toMatchObject({ mergeable: null, mergeable_state: "unknown" });
  expect(await get()).toMatchObject({
    number: 1,
    state: "open",
    title: "Deploy app 2",
    body: "why",
    user: { login: "ann" },
    merged: false,
    mergeable: true,
    mergeable_state: "clean",
    commits: 1,
    additions: 1,
    deletions: 1,
    changed_files: 1,
    html_url: `${github.url}/acme/app/pull/1`,
    head: { ref: "deploy", label: "acme:deploy", sha: await head("deploy") },
    base: { ref: "main", sha: await head("main") },
  });
  expect(await head("refs/pull/1/head")).toBe(data.head.sha);
  expect(github.pulls("acme/app")).toEqual([
    {
      number: 1,
      state: "open",
      title: "Deploy app 2",
      body: "why",
      user: "ann",
      draft: false,
      labels: [],
      merged: false,
      mergedBy: null,
      mergeCommitSha: null,
      head: "deploy",
      headSha: await head("deploy"),
      base: "main",
      baseSha: await head("main"),
    },
  ]);
});

test("a pull request that GitHub would refuse is refused in its words", async () => {
  await open();
  await github.commit("acme/app", { branch: "other", files: { b: "" }, message: "other" });
  await git(bare, ["update-ref", "refs/heads/same", "main"]);
  expect(
    await Promise.all(
      [
        open(),
        open({ head: "acme:deploy" }),
        open({ head: "none" }),
        open({ head: "bob:deploy" }),
        open({ base: "none" }),
        open({ head: "same" }),
        open({ head: "other", title: " " }),
      ].map(refusal),
    ),
  ).toEqual([
    failed({ code: "custom", message: "A pull request already exists for acme:deploy." }),
    failed({ code: "custom", message: "A pull request already exists for acme:deploy." }),
    failed({ code: "invalid", field: "head" }),
    failed({ code: "invalid", field: "head" }),
    failed({ code: "invalid", field: "base" }),
    failed({ code: "custom", message: "No commits between main and same" }),
    failed({ code: "missing_field", field: "title" }),
  ]);
});

test("one of many concurrent requests for the same head opens a pull request", async () => {
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => open()));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(github.pulls("acme/app")).toHaveLength(1);
});

test("a list of pull requests is filtered, sorted and paged", async () => {
  const numbers = async (query: Partial<Parameters<Octokit["pulls"]["list"]>[0]>): Promise<number[]> =>
    (await octokit.paginate(octokit.pulls.list, { ...app, per_page: 2, ...query })).map(({ number }) => number);
  for (const name of ["a", "b", "c", "d", "e"]) {
    await github.commit("acme/app", { branch: name, files: { [name]: "" }, message: name });
    await open({ head: name });
  }
  await github.closePull("acme/app", 3);
  expect(await numbers({})).toEqual([5, 4, 2, 1]);
  expect(await numbers({ state: "all", sort: "created", direction: "asc" })).toEqual([1, 2, 3, 4, 5]);
  expect(await numbers({ state: "closed" })).toEqual([3]);
  expect(await numbers({ head: "acme:b" })).toEqual([2]);
  expect(await numbers({ head: "bob:b" })).toEqual([]);
  expect(await numbers({ head: "b" })).toEqual([5, 4, 2, 1]); // GitHub ignores a head without its owner
  expect(await numbers({ base: "none" })).toEqual([]);
  const page = await octokit.pulls.list({ ...app, state: "all", per_page: 2, page: 2 });
  expect(page.headers.link?.replaceAll(github.apiUrl, "").replaceAll("/repos/acme/app/pulls?state=all&per_page=2&page=", "…")).toBe(
    '<…1>; rel="prev", <…3>; rel="next", <…3>; rel="last", <…1>; rel="first"',
  );
});

test("title, body, base and state of a pull request can change", async () => {
  await open();
  await git(bare, ["update-ref", "refs/heads/release", "main"]);
  const update = (fields: object): ReturnType<Octokit["pulls"]["update"]> => octokit.pulls.update({ ...app, pull_number: 1, ...fields });
  expect((await update({ title: "T", body: "B", base: "release" })).data).toMatchObject({
    title: "T",
    body: "B",
    base: { ref: "release" },
  });
  expect(await refusal(update({ base: "none" }))).toEqual(failed({ code: "invalid", field: "base" }));
  expect((await update({ state: "closed" })).data).toMatchObject({
    state: "closed",
    merged: false,
    closed_at: expect.any(String) as string,
  });
  await open({ base: "release" });
  expect(await refusal(update({ state: "open" }))).toEqual(
    failed({ code: "custom", message: "A pull request already exists for acme:deploy." }),
  );
  await github.closePull("acme/app", 2);
  expect((await update({ state: "open" })).data).toMatchObject({ state: "open", closed_at: null });
});

test("labels and comments are kept, and listed by page", async () => {
  await open();
  const issue = { ...app, issue_number: 1 };
  await octokit.issues.addLabels({ ...issue, labels: ["deploy", "app"] });
  expect((await octokit.issues.addLabels({ ...issue, labels: ["app"] })).data.map(({ name }) => name)).toEqual(["deploy", "app"]);
  expect((await get()).labels.map(({ name }) => name)).toEqual(["deploy", "app"]);
  for (const body of ["one", "two", "three"]) await octokit.issues.createComment({ ...issue, body });
  const [first] = await octokit.paginate(octokit.issues.listComments, { ...issue, per_page: 1 });
  await octokit.issues.updateComment({ ...app, comment_id: first?.id ?? 0, body: "uno" });
  expect((await octokit.paginate(octokit.issues.listComments, { ...issue, per_page: 2 })).map(({ body }) => body)).toEqual([
    "uno",
    "two",
    "three",
  ]);
  expect((await get()).comments).toBe(3);
  expect(await refusal(octokit.issues.createComment({ ...app, issue_number: 2, body: "x" }))).toEqual({
    status: 404,
    message: "Not Found",
  });
  expect(await refusal(octokit.issues.updateComment({ ...app, comment_id: 1, body: "x" }))).toEqual({ status: 404, message: "Not Found" });
});

test("a merge makes a real merge commit, and only once", async () => {
  const { data } = await open();
  const before = await head("main");
  const merge = (more: object = {}): ReturnType<Octokit["pulls"]["merge"]> => octokit.pulls.merge({ ...app, pull_number: 1, ...more });
  expect(await refusal(merge({ sha: "f".repeat(40) }))).toEqual({
    status: 409,
    message: "Head branch was modified. Review and try the merge again.",
  });
  expect(await refusal(merge({ merge_method: "rebase" }))).toEqual({
    status: 405,
    message: "Rebase merges are not allowed on this repository.",
  });
  const merged = await merge({ sha: data.head.sha });
  expect(merged.data).toEqual({ sha: await head("main"), merged: true, message: "Pull Request successfully merged" });
  expect(await git(bare, ["log", "-1", "--format=%P|%s|%b|%an|%cn", "main"])).toBe(
    `${before} ${data.head.sha}|Merge pull request #1 from acme/deploy|Deploy app 2|ann|GitHub`,
  );
  expect(await git(bare, ["show", "main:app.yaml"])).toBe("image: app:2");
  expect(await get()).toMatchObject({
    state: "closed",
    merged: true,
    merge_commit_sha: merged.data.sha,
    merged_by: { login: "ann" },
    mergeable: null,
  });
  expect(await refusal(merge())).toEqual({ status: 405, message: "Pull Request is not mergeable" });
});

test("a person can squash in the browser", async () => {
  await open();
  const before = await head("main");
  const sha = await github.mergePull("acme/app", 1, "squash");
  expect(await git(bare, ["log", "-1", "--format=%P|%s|%b", "main"])).toBe(`${before}|Deploy app 2 (#1)|why`);
  expect(await get()).toMatchObject({ merged: true, merge_commit_sha: sha, merged_by: { login: "person" } });
});

test("branches in conflict cannot be merged", async () => {
  await open();
  await github.commit("acme/app", { branch: "main", files: { "app.yaml": "image: app:3\n" }, message: "other" });
  await get();
  expect(await get()).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
  expect(await refusal(octokit.pulls.merge({ ...app, pull_number: 1 }))).toEqual({ status: 405, message: "Pull Request is not mergeable" });
});

test("the head of a pull request follows pushes, and a deleted head closes it for good", async () => {
  await open();
  const sha = await github.commit("acme/app", { branch: "deploy", files: { b: "" }, message: "more" });
  expect(await get()).toMatchObject({ head: { sha }, commits: 2, state: "open" });
  await octokit.git.deleteRef({ ...app, ref: "heads/deploy" });
  expect(await get()).toMatchObject({ head: { sha }, state: "closed", merged: false });
  expect(await head("refs/pull/1/head")).toBe(sha);
  expect(await refusal(octokit.pulls.update({ ...app, pull_number: 1, state: "open" }))).toEqual(
    failed({ code: "custom", field: "state", message: "state cannot be changed. The deploy branch has been deleted." }),
  );
});

test("a pushed merge marks the pull request as merged; a head forced back to its base closes it", async () => {
  await open();
  await octokit.git.updateRef({ ...app, ref: "heads/main", sha: await head("deploy") });
  expect(await get()).toMatchObject({ state: "closed", merged: true, merge_commit_sha: await head("main") });
  await github.commit("acme/app", { branch: "deploy", files: { b: "" }, message: "more" });
  await open();
  await octokit.git.updateRef({ ...app, ref: "heads/deploy", sha: await head("main"), force: true });
  expect(await get(2)).toMatchObject({ state: "closed", merged: false });
});

test("a draft is not merged", async () => {
  await open({ draft: true });
  expect(await get()).toMatchObject({ draft: true, mergeable_state: "draft" });
  expect(await refusal(octokit.pulls.merge({ ...app, pull_number: 1 }))).toEqual({ status: 405, message: "Pull Request is still a draft" });
});

test("labels, reviewers and assignees that GitHub would refuse are refused", async () => {
  await github.createRepository("acme/team", { files: { a: "1\n" }, collaborators: ["bob"], teams: ["platform"], milestones: ["Q4"] });
  await github.commit("acme/team", { branch: "deploy", files: { a: "2\n" }, message: "deploy" });
  const team = { owner: "acme", repo: "team" };
  await octokit.pulls.create({ ...team, title: "Deploy", head: "deploy", base: "main" });
  const issue = { ...team, issue_number: 1 };
  const pull = { ...team, pull_number: 1 };
  expect(
    await Promise.all(
      [
        octokit.pulls.requestReviewers({ ...pull, reviewers: ["ann"] }),
        octokit.pulls.requestReviewers({ ...pull, reviewers: ["nobody"] }),
        octokit.pulls.requestReviewers({ ...pull, team_reviewers: ["nobody"] }),
        octokit.issues.update({ ...issue, milestone: 7 }),
      ].map(refusal),
    ),
  ).toMatchInlineSnapshot(`
    [
      {
        "message": "Review cannot be requested from pull request author.",
        "status": 422,
      },
      {
        "message": "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator.",
        "status": 422,
      },
      {
        "message": "Could not resolve to a node with the global id of 'T_0'.",
        "status": 422,
      },
      {
        "errors": [
          {
            "code": "invalid",
            "field": "milestone",
            "resource": "Issue",
          },
        ],
        "message": "Validation Failed",
        "status": 422,
      },
    ]
  `);
  const { data } = await octokit.issues.addAssignees({ ...issue, assignees: ["bob", "nobody"] });
  expect(data.assignees?.map(({ login }) => login)).toEqual(["bob"]);
  await octokit.pulls.requestReviewers({ ...pull, reviewers: ["bob"], team_reviewers: ["platform"] });
  await octokit.issues.update({ ...issue, milestone: 1 });
  expect((await octokit.pulls.get(pull)).data).toMatchObject({
    requested_reviewers: [{ login: "bob" }],
    requested_teams: [{ slug: "platform" }],
    milestone: { title: "Q4" },
  });
});

test("auto-merge is accepted only for a pull request that cannot be merged now", async () => {
  await github.createRepository("acme/auto", { files: { a: "1\n" }, autoMerge: true });
  await github.commit("acme/auto", { branch: "deploy", files: { a: "2\n" }, message: "deploy" });
  const auto = { owner: "acme", repo: "auto" };
  const { data } = await octokit.pulls.create({ ...auto, title: "Deploy", head: "deploy", base: "main" });
  const order = (): Promise<unknown> =>
    octokit.graphql("mutation ($pull: ID!) { enablePullRequestAutoMerge(input: { pullRequestId: $pull }) { clientMutationId } }", {
      pull: data.node_id,
    });
  await expect(order()).rejects.toMatchObject({
    errors: [{ type: "UNPROCESSABLE", message: "Pull request Pull request is in clean status" }],
  });
  await github.setBlocked("acme/auto", true);
  await order();
  expect((await octokit.pulls.get({ ...auto, pull_number: 1 })).data).toMatchObject({
    mergeable_state: "blocked",
    auto_merge: { merge_method: "merge" },
  });
  expect(await refusal(octokit.pulls.merge({ ...auto, pull_number: 1 }))).toMatchObject({ status: 405 });
  await github.setBlocked("acme/auto", false);
  expect(github.pulls("acme/auto")).toMatchObject([{ merged: true }]);
});
