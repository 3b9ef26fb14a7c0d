import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Octokit } from "@octokit/rest";
import { afterEach, beforeEach, expect, test } from "vitest";
import { git, gitEnvironment } from "./bare.ts";
import { type GitHub, secondaryRateLimit, startGitHub } from "./github.ts";

const tokens = {
  writer: { login: "ann", write: ["acme/app"] },
  reader: { login: "bob", read: ["acme/app"] },
  stranger: { login: "eve" },
};
const app = { owner: "acme", repo: "app" };

let github: GitHub;
let bare = "";
let octokit: Octokit;

beforeEach(async () => {
  github = await startGitHub({ tokens });
  bare = await github.createRepository("acme/app", {
    private: true,
    files: { "README.md": "hello\n", "deploy/app.yaml": "image: app:1\n", run: { mode: "100755", content: "#!/bin/sh\n" } },
  });
  octokit = connect("writer");
});
afterEach(() => github.stop());

/** A client without logs: these tests expect errors. */
function connect(auth?: string): Octokit {
  const quiet = (): void => undefined;
  return new Octokit({ baseUrl: github.apiUrl, ...(auth && { auth }), log: { debug: quiet, info: quiet, warn: quiet, error: quiet } });
}

interface Refused {
  readonly status: number;
  readonly message: string;
}

/** Returns GitHub's own words of a refused call, without those of Octokit. */
async function refusal(call: Promise<unknown>): Promise<Refused> {
  try {
    await call;
  } catch (error) {
    const { status, response } = error as {
      readonly status: number;
      readonly response?: {
        readonly data: {
          readonly message: string;
          readonly errors?: readonly { readonly message?: string; readonly field?: string; readonly code: string }[];
        };
      };
    };
    const [first] = response?.data.errors ?? [];
    const detail = first ? `: ${first.message ?? `${first.field} ${first.code}`}` : "";
    return { status, message: `${response?.data.message}${detail}` };
  }
  throw new Error("it was not refused");
}

const branchHead = (branch: string): Promise<string> => git(bare, ["rev-parse", `refs/heads/${branch}`]);

test("tokens and permissions decide as at GitHub", async () => {
  const get = (auth?: string): Promise<unknown> => connect(auth).repos.get(app);
  const status = async (auth?: string): Promise<unknown> =>
    connect(auth).repos.createCommitStatus({ ...app, sha: await branchHead("main"), state: "success" });
  await get("writer");
  await get("reader");
  expect(
    await Promise.all([get("stranger"), get(), get("wrong"), status("reader"), connect().users.getAuthenticated()].map(refusal)),
  ).toEqual([
    { status: 404, message: "Not Found" },
    { status: 404, message: "Not Found" },
    { status: 401, message: "Bad credentials" },
    { status: 403, message: "Resource not accessible by personal access token" },
    { status: 401, message: "Requires authentication" },
  ]);
  await github.createRepository("acme/open", { files: { a: "" } });
  const open = { owner: "acme", repo: "open" };
  expect((await connect().repos.get(open)).data).toMatchObject({
    full_name: "acme/open",
    private: false,
    clone_url: `${github.url}/acme/open.git`,
  });
  expect(await refusal(connect().git.createRef({ ...open, ref: "refs/heads/x", sha: "0".repeat(40) }))).toEqual({
    status: 401,
    message: "Requires authentication",
  });
});

test("the host and the user answer, with the headers of every answer", async () => {
  const { data, headers } = await octokit.users.getAuthenticated();
  expect(data.login).toBe("ann");
  expect(headers["x-github-request-id"]).toMatch(/^[0-9A-F]{16}$/);
  expect([headers["x-ratelimit-limit"], headers["x-ratelimit-resource"]]).toEqual(["5000", "core"]);
  expect((await octokit.rateLimit.get()).data.rate.limit).toBe(5000);
  expect((await octokit.meta.get()).data.verifiable_password_authentication).toBe(false);
  expect(github.violations).toEqual([]);
});

test("contents, trees, blobs and commits are those of the real repository", async () => {
  const main = await branchHead("main");
  const file = (await octokit.repos.getContent({ ...app, path: "deploy/app.yaml" })).data as {
    readonly content: string;
    readonly sha: string;
  };
  expect(Buffer.from(file.content, "base64").toString()).toBe("image: app:1\n");
  expect(file.sha).toBe(await git(bare, ["rev-parse", "main:deploy/app.yaml"]));
  const root = (await octokit.repos.getContent({ ...app, path: "" })).data as { readonly path: string; readonly type: string }[];
  expect(root.map(({ path, type }) => `${type} ${path}`)).toEqual(["file README.md", "dir deploy", "file run"]);
  const raw = await octokit.repos.getContent({ ...app, path: "README.md", mediaType: { format: "raw" } });
  expect(raw.data).toBe("hello\n");
  const { data } = await octokit.git.getTree({ ...app, tree_sha: main, recursive: "1" });
  expect(data.tree.map(({ mode, type, path, size }) => [mode, type, path, size])).toEqual([
    ["100644", "blob", "README.md", 6],
    ["040000", "tree", "deploy", undefined],
    ["100644", "blob", "deploy/app.yaml", 13],
    ["100755", "blob", "run", 10],
  ]);
  expect((await octokit.git.getCommit({ ...app, commit_sha: main })).data.tree.sha).toBe(data.sha);
  expect((await octokit.repos.getCommit({ ...app, ref: "main" })).data.sha).toBe(main);
  expect((await octokit.repos.getBranch({ ...app, branch: "main" })).data.commit.sha).toBe(main);
  expect((await octokit.repos.getContent({ ...app, path: "", ref: "heads/main" })).status).toBe(200);
  expect(github.violations).toEqual([]);
});

test("missing objects are refused in GitHub's words", async () => {
  const none = "f".repeat(40);
  expect(
    await Promise.all(
      [
        octokit.repos.getContent({ ...app, path: "none" }),
        octokit.repos.getContent({ ...app, path: "README.md", ref: "none" }),
        octokit.repos.getBranch({ ...app, branch: "none" }),
        octokit.repos.getCommit({ ...app, ref: "main~1" }),
        octokit.git.getRef({ ...app, ref: "heads/none" }),
        octokit.git.getTree({ ...app, tree_sha: none }),
        octokit.git.getBlob({ ...app, file_sha: none }),
        octokit.git.getCommit({ ...app, commit_sha: none }),
      ].map(refusal),
    ),
  ).toEqual([
    { status: 404, message: "Not Found" },
    { status: 404, message: "No commit found for the ref none" },
    { status: 404, message: "Branch not found" },
    { status: 422, message: "No commit found for SHA: main~1" },
    ...Array.from({ length: 4 }, () => ({ status: 404, message: "Not Found" })),
  ]);
});

test("a commit made of blob, tree, commit and ref is a real one", async () => {
  const main = await branchHead("main");
  const { data: blob } = await octokit.git.createBlob({ ...app, content: btoa("#!/bin/bash\n"), encoding: "base64" });
  const { data: tree } = await octokit.git.createTree({
    ...app,
    base_tree: main,
    tree: [
      { path: "deploy/app.yaml", mode: "100644", type: "blob", content: "image: app:2\n" },
      { path: "run", mode: "100755", type: "blob", sha: blob.sha },
      { path: "README.md", mode: "100644", type: "blob", sha: null },
    ],
  });
  const { data: commit } = await octokit.git.createCommit({ ...app, message: "deploy app 2\n\nwhy", tree: tree.sha, parents: [main] });
  await octokit.git.createRef({ ...app, ref: "refs/heads/deploy/app", sha: commit.sha });
  expect(await git(bare, ["log", "-2", "--format=%an <%ae>|%B", "deploy/app"])).toMatch(
    /^ann <ann@users\.noreply\.github\.com>\|deploy app 2\n\nwhy\n/,
  );
  expect(await git(bare, ["diff", "--raw", "--abbrev=4", "main", "deploy/app"])).toMatchInlineSnapshot(`
    ":100644 000000 ce01 0000 D	README.md
    :100644 100644 d0c4 3835 M	deploy/app.yaml
    :100755 100755 1a24 a9bf M	run"
  `);
  expect((await octokit.git.listMatchingRefs({ ...app, ref: "heads/deploy" })).data.map(({ ref }) => ref)).toEqual([
    "refs/heads/deploy/app",
  ]);
  expect(await git(bare, ["fsck", "--strict"])).toBe("");
});

test("objects that refer to missing ones are refused", async () => {
  const none = "f".repeat(40);
  const tree = (entry: object): Promise<unknown> => octokit.git.createTree({ ...app, base_tree: "main", tree: [entry] });
  const made = await octokit.git.createTree({ ...app, tree: [{ path: "a", mode: "100644", content: "" }] });
  expect(
    await Promise.all(
      [
        tree({ path: "a", mode: "100644", type: "blob", sha: none }),
        tree({ path: "none", mode: "100644", type: "blob", sha: null }),
        tree({ path: "/a", mode: "100644", type: "blob", content: "" }),
        octokit.git.createCommit({ ...app, message: "m", tree: none }),
        octokit.git.createCommit({ ...app, message: "m", tree: made.data.sha, parents: [none] }),
      ].map(refusal),
    ),
  ).toEqual([
    { status: 422, message: `tree.sha ${none} is not a valid blob` },
    { status: 422, message: "GitRPC::BadObjectState" },
    { status: 422, message: "tree.path contains a malformed path component" },
    { status: 422, message: "Tree SHA does not exist" },
    { status: 422, message: "Parent SHA does not exist or is not a commit object" },
  ]);
});

test("refs move forward, and otherwise only by force", async () => {
  const first = await branchHead("main");
  const second = await github.commit("acme/app", { branch: "main", files: { a: "1" }, message: "second" });
  const side = await github.commit("acme/app", { branch: "side", files: { b: "1" }, message: "side" });
  const update = (ref: string, sha: string, force?: boolean): Promise<unknown> =>
    octokit.git.updateRef({ ...app, ref, sha, ...(force !== undefined && { force }) });
  await octokit.git.createRef({ ...app, ref: "refs/heads/x", sha: first });
  await update("heads/x", second);
  expect(
    await Promise.all(
      [
        update("heads/x", first),
        update("heads/none", first),
        update("heads/x", "f".repeat(40), true),
        octokit.git.createRef({ ...app, ref: "refs/heads/x", sha: first }),
        octokit.git.createRef({ ...app, ref: "refs/heads/a..b", sha: first }),
        octokit.git.createRef({ ...app, ref: "refs/heads/y", sha: "f".repeat(40) }),
        octokit.git.deleteRef({ ...app, ref: "heads/none" }),
      ].map(refusal),
    ),
  ).toEqual([
    { status: 422, message: "Update is not a fast forward" },
    { status: 422, message: "Reference does not exist" },
    { status: 422, message: "Object does not exist" },
    { status: 422, message: "Reference already exists" },
    { status: 422, message: "refs/heads/a..b is not a valid ref name." },
    { status: 422, message: "Object does not exist" },
    { status: 422, message: "Reference does not exist" },
  ]);
  await update("heads/x", side, true);
  expect(await branchHead("x")).toBe(side);
  await octokit.git.deleteRef({ ...app, ref: "heads/x" });
  expect(await refusal(octokit.git.getRef({ ...app, ref: "heads/x" }))).toEqual({ status: 404, message: "Not Found" });
});

test("statuses are listed newest first and combined by context", async () => {
  const sha = await branchHead("main");
  const set = (context: string, state: "success" | "failure" | "pending", description = ""): Promise<unknown> =>
    octokit.repos.createCommitStatus({ ...app, sha, context, state, description, target_url: "https://example.com" });
  const combined = async (): Promise<unknown> => {
    const { state, statuses } = (await octokit.repos.getCombinedStatusForRef({ ...app, ref: "main" })).data;
    return { state, contexts: statuses.map((one) => `${one.context} ${one.state}`) };
  };
  expect(await combined()).toEqual({ state: "pending", contexts: [] });
  await set("build", "pending");
  await set("build", "success");
  expect(await combined()).toEqual({ state: "success", contexts: ["build success"] });
  await set("deploy", "failure");
  expect(await combined()).toEqual({ state: "failure", contexts: ["deploy failure", "build success"] });
  const all = await octokit.paginate(octokit.repos.listCommitStatusesForRef, { ...app, ref: sha, per_page: 2 });
  expect(all.map(({ context, state }) => `${context} ${state}`)).toEqual(["deploy failure", "build success", "build pending"]);
  expect(await refusal(set("x", "success", "x".repeat(141)))).toEqual({
    status: 422,
    message: "Validation Failed: description is too long (maximum is 140 characters)",
  });
  const none = octokit.repos.createCommitStatus({ ...app, sha: "f".repeat(40), state: "success" });
  expect(await refusal(none)).toEqual({ status: 422, message: `No commit found for SHA: ${"f".repeat(40)}` });
});

test("a branch pushed by Git shows in the API, and the push is listed as a write", async () => {
  const work = await mkdtemp(join(tmpdir(), "fairlead-test-"));
  const run = (...args: string[]): Promise<unknown> => promisify(execFile)("git", args, { env: { ...gitEnvironment } });
  const url = (token: string): string => `http://x-access-token:${token}@${github.host}/acme/app.git`;
  await run("clone", "-q", url("reader"), work);
  await run("-C", work, "commit", "-q", "--allow-empty", "-m", "pushed");
  await expect(run("-C", work, "push", url("reader"), "HEAD:refs/heads/x")).rejects.toThrow("Permission to acme/app.git denied to bob.");
  await run("-C", work, "push", "-q", url("writer"), "HEAD:refs/heads/x");
  await rm(work, { recursive: true });
  expect((await octokit.repos.getBranch({ ...app, branch: "x" })).data.commit.commit.message).toBe("pushed");
  expect(github.requests.filter(({ write }) => write)).toEqual([
    { method: "POST", path: "/acme/app.git/git-receive-pack", status: 200, write: true },
  ]);
  expect(github.requests.at(-1)).toEqual({ method: "GET", path: "/repos/acme/app/branches/x", status: 200, write: false });
});

test("faults happen where and as often as a test asks", async () => {
  github.fail({ method: "GET", path: /^\/user$/, status: 502, times: 2 });
  const user = (): Promise<unknown> => octokit.users.getAuthenticated();
  expect([await refusal(user()), await refusal(user())]).toEqual([
    { status: 502, message: "Server Error" },
    { status: 502, message: "Server Error" },
  ]);
  await user();
  github.fail({ ...secondaryRateLimit, path: /statuses/ });
  await user();
  const limited = await refusal(octokit.repos.createCommitStatus({ ...app, sha: await branchHead("main"), state: "success" }));
  expect(limited).toEqual({ status: 403, message: secondaryRateLimit.body.message });
  github.fail({ path: /git-upload-pack$|info\/refs$/, status: 503 });
  expect((await fetch(`${github.url}/acme/app.git/info/refs?service=git-upload-pack`)).status).toBe(503);
});

test("a route that the double does not have is 404, and is recorded", async () => {
  expect(await refusal(octokit.repos.listTags(app))).toEqual({ status: 404, message: "Not Found" });
  expect(github.unknown).toEqual(["GET /repos/acme/app/tags"]);
});

test.for<[string, () => Promise<unknown>, string]>([
  [
    "a state that is none",
    () => octokit.request("POST /repos/acme/app/statuses/main", { state: "done" }),
    "request repos/create-commit-status body: /state must be equal to one of the allowed values",
  ],
  [
    "a field that is none",
    () => octokit.request("POST /repos/acme/app/pulls", { head: "x", base: "main", titel: "x" }),
    "request pulls/create body: unknown titel",
  ],
  [
    "a missing field",
    () => octokit.request("POST /repos/acme/app/git/refs", { ref: "refs/heads/x" }),
    "request git/create-ref body: / must have required property 'sha'",
  ],
  [
    "a query that is none",
    () => octokit.request("GET /repos/acme/app/pulls?sate=open"),
    "request pulls/list query: / must NOT have additional properties",
  ],
  ["a number that is none", () => octokit.request("GET /repos/acme/app/pulls/one"), "request pulls/get path: /pull_number must be integer"],
])("a request with %s is 500 with the reason, and is recorded", async ([, call, reason]) => {
  const { status, message } = await refusal(call());
  expect({ status, message: message.slice(0, message.indexOf(reason) + reason.length) }).toEqual({
    status: 500,
    message: `not as GitHub describes its API: ${reason}`,
  });
  expect(github.violations).toEqual([expect.stringContaining(reason)]);
});

test("an answer that GitHub would not give is 500 with the reason", async () => {
  github.fail({ path: /pulls$/, status: 200, body: [{ number: "1" }] });
  const { status, message } = await refusal(octokit.pulls.list(app));
  expect(status).toBe(500);
  expect(message).toMatch(/^not as GitHub describes its API: answer 200 of pulls\/list: \/0 must have required property '_links'/);
  github.fail({ path: /refs$/, status: 200, body: {} });
  expect((await refusal(octokit.git.createRef({ ...app, ref: "refs/heads/x", sha: await branchHead("main") }))).message).toMatch(
    "answer 200 of git/create-ref: this status is not described",
  );
});
