/** Routes that wait at a gate: for checks, for a person, for an administrator of the machine. */
import { createHmac } from "node:crypto";
import { userInfo } from "node:os";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";
import { signal, treeOf } from "./crash/processes.ts";
import { ci, post, startListener, type Listener, type Sent } from "./listener.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const hookKey = "canary-of-the-github-hook";
const [token, slackToken, channel] = ["ghp_canary0123456789", "xoxb-canary-0123456789", "C0RELEASES"];
let [github, slack, listener]: [GitHub, Slack, Listener] = [] as never;
const app = (): string => `${github.host}/acme/app`;
let [branch, number, commit, pulls] = ["", 0, "", 0];

beforeAll(async () => {
  github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/app"] } } });
  await github.createRepository("acme/app", { files: { "README.md": "# app\n" }, private: true, collaborators: ["writer"] });
  slack = await startSlack({
    tokens: { [slackToken]: { scopes: ["chat:write", "channels:history"] } },
    channels: [{ id: channel, name: "releases", member: true }] as never,
  });
  const told = { run: "notify", with: { message: "${{ event.commit }}", to: [`slack:${channel}`] } };
  const when = { source: "ci", kind: "pull-request", repository: app(), base: "main", action: ["opened", "updated"] };
  listener = await startListener(
    {
      credentials: { [github.host]: { token: "env:GIT" }, slack: { token: "env:SLACK" } },
      servers: { github: { url: github.url, api: github.apiUrl }, slack: { api: slack.url } },
      routes: [
        { name: "approved", when: { ...when, branch: "topic-*" }, ...told, gate: { approve: {}, timeout: "2d" }, reports: ["status"] },
        { name: "checked", when: { ...when, branch: "checked-*" }, ...told, gate: { checks: ["ci/test"] } },
        {
          name: "pushed",
          when: { source: "ci", kind: "push", repository: app(), branch: "main" },
          ...told,
          gate: { checks: ["ci/test"], approve: { github: ["acme/release-team"] } },
        },
        {
          name: "both",
          when: { ...when, branch: "both-*" },
          ...told,
          gate: { checks: ["ci/test"], approve: {} },
        },
        { name: "hurried", when: { ...when, branch: "hurried-*" }, ...told, gate: { approve: { right: "admin" }, timeout: "1s" } },
        {
          name: "forked",
          when: { ...when, forks: true, branch: "fork-*" },
          run: "build",
          with: { repository: `${github.url}/acme/app`, ref: "${{ event.commit }}", image: "127.0.0.1:9/acme/app", pullLogin: false },
        },
        { name: "free", when: { ...when, branch: "free-*" }, ...told, reports: ["status"] },
        {
          name: "paths",
          when: { source: "ci", kind: "push", repository: app(), branch: "paths", paths: ["src/**"] },
          ...{ ...told, gate: { approve: {} }, reports: ["status"] },
        },
        {
          name: "workflow",
          when: { source: "ci", kind: "workflow", repository: app(), state: "completed" },
          ...{ ...told, gate: { approve: { environment: "production" } } },
        },
      ],
      sources: { ci, github: { kind: "github", secrets: "env:HOOK_KEY" } },
      workers: { count: 2, engine: "docker-container://none" },
    },
    { GIT: token, SLACK: slackToken, HOOK_KEY: hookKey },
  );
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  expect([...github.unknown, ...github.violations]).toEqual([]);
  for (const each of [github, slack]) await each[Symbol.asyncDispose]();
});

/** Opens a pull request from a branch whose name begins so. */
async function open(kind: string): Promise<void> {
  branch = `${kind}-${(pulls += 1)}`;
  commit = await github.commit("acme/app", { branch, files: { [branch]: "1\n" }, message: branch });
  const headers = { authorization: `token ${token}`, "content-type": "application/json", "user-agent": "person" };
  const body = JSON.stringify({ title: branch, head: branch, base: "main" });
  const opened = await fetch(`${github.apiUrl}/repos/acme/app/pulls`, { method: "POST", headers, body });
  ({ number } = (await opened.json()) as { number: number });
}

function pullRequest(action: "opened" | "updated" | "closed"): Extract<Sent, { kind: "pull-request" }> {
  return { kind: "pull-request", repository: app(), number, action, branch, commit, base: "main", fork: false };
}

async function deliver(event: Sent): Promise<string> {
  const { body } = await listener.deliver(event);
  return (body.runs as string[])[0] ?? "none";
}

/** Delivers a comment as GitHub does. */
async function sendComment(login: string, text: string): Promise<void> {
  const repository = { html_url: `${github.url}/acme/app`, full_name: "acme/app" };
  const issue = { number, pull_request: { url: `${github.apiUrl}/repos/acme/app/pulls/${number}` } };
  const body = JSON.stringify({ action: "created", repository, issue, comment: { user: { login }, body: text } });
  const signature = `sha256=${createHmac("sha256", hookKey).update(body).digest("hex")}`;
  const [address] = await listener.addresses("github");
  const headers = { "X-GitHub-Event": "issue_comment", "X-GitHub-Delivery": crypto.randomUUID(), "X-Hub-Signature-256": signature };
  expect(await post(address!, body, headers)).toMatchObject({ body: { runs: [] } });
}

/** What is kept of the decisions on a run: the audit, the oldest first, and the events. */
async function decisionsOn(run: string): Promise<{ readonly audit: readonly unknown[]; readonly events: readonly unknown[] }> {
  const { stdout } = await listener.command("audit", "list", "--json");
  const audit = (JSON.parse(stdout) as { subject: string }[]).filter(({ subject }) => subject === run).reverse();
  const ours = await listener.store.deliveries({ source: "fairlead.gate", limit: 99 });
  const events = ours.flatMap((delivery) => delivery.events).filter((event) => event.kind === "approval" && event.run === run);
  return { audit, events };
}

/** What is to be kept of one decision. */
async function kept(
  run: string,
  { by, how, verdict, url }: Readonly<Record<"by" | "how" | "verdict", string>> & { readonly url: unknown },
): Promise<Awaited<ReturnType<typeof decisionsOn>>> {
  const { configHash } = (await listener.store.run(run))!;
  const act = verdict === "approved" ? "approve run" : "reject run";
  const at = expect.stringMatching(/^\d{4}-.*Z$/) as string;
  return {
    audit: [{ at, who: by, how, act, subject: run, configHash, detail: { commit, reason: null, url } }],
    events: [{ source: "fairlead.gate", delivery: null, kind: "approval", run, commit, by, verdict }],
  };
}

const commentUrl = (): unknown => expect.stringContaining(`${github.url}/acme/app/pull/${number}#issuecomment-`) as unknown;

/** The newest status of a commit that a route has. */
function statusOf(of: string, route: string): string {
  const ours = github.statuses("acme/app", of).filter(({ context }) => context === `fairlead/notify (${route})`);
  return ours.map(({ state, description }) => `${state}: ${(description ?? "").replace(/ · \S+$/, "")}`).at(-1) ?? "none";
}

const rightsAsked = (login: string): number => github.requests.filter(({ path }) => path.includes(`/collaborators/${login}/`)).length;

const messages = (): readonly string[] => slack.messages.map(({ text }) => text).filter((text) => text.includes(commit));
const place = (): string => `${app()} ${commit.slice(0, 12)}`;

describe("a gate that asks for an approval", () => {
  let run: string;
  beforeEach(async () => {
    await open("topic");
    run = await deliver(pullRequest("opened"));
    expect((await listener.run(run, "waiting")).reason).toBe(`approval of ${place()} (#${number})`);
  });

  test("an administrator approves a run on the command line, once, and it is audited", async () => {
    const { username: by } = userInfo();
    const { code, stdout } = await listener.command("runs", "approve", run, "--json");
    expect([code, JSON.parse(stdout)]).toEqual([0, { id: run, verdict: "approved", commit, by, changed: true }]);
    expect(await listener.run(run)).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(messages()).toHaveLength(1);
    const log = (await Array.fromAsync(listener.store.logOf(run))).map(({ text }) => text);
    expect(log).toContain(`${commit.slice(0, 12)} is approved by ${by} (command line)`);
    const { configHash } = (await listener.store.run(run))!;
    expect(JSON.parse((await listener.command("audit", "list", "--json")).stdout)).toEqual([
      {
        ...{ at: expect.stringMatching(/^\d{4}-.*Z$/) as string, who: by, how: "cli", act: "approve run", subject: run, configHash },
        detail: { commit, reason: null, url: null },
      },
    ]);
    const again = await listener.command("runs", "reject", run);
    expect([again.code, again.stderr]).toEqual([5, expect.stringContaining(`reject run: ${by} has already approved ${run}`) as string]);
  });

  test("an administrator's rejection ends the run, with the reason", async () => {
    expect((await listener.command("runs", "reject", run.slice(-8), "--reason", "freeze")).code).toBe(0);
    expect(await listener.run(run)).toMatchObject({
      state: "failed",
      error: { code: "conflict", message: `approve ${place()}: ${userInfo().username} has rejected it on the command line: freeze` },
    });
    expect(messages()).toEqual([]);
  });

  test("a comment that names the commit opens the gate when an event wakes the run", async () => {
    github.writeComment("acme/app", number, { login: "writer", body: `/ok-to-test ${commit}` });
    await deliver(pullRequest("closed"));
    expect((await listener.run(run)).state).toBe("succeeded");
    expect(messages()).toHaveLength(1);
    expect(await decisionsOn(run)).toEqual(await kept(run, { by: "writer", how: "comment", verdict: "approved", url: commentUrl() }));
  });

  test("a comment that rejects the commit ends the run, and is an event and an audit", async () => {
    github.writeComment("acme/app", number, { login: "writer", body: `/reject ${commit} it mines coins` });
    await sendComment("writer", `/reject ${commit}`);
    expect(await listener.run(run)).toMatchObject({
      state: "failed",
      error: { code: "conflict", message: expect.stringContaining(`approve ${place()}: writer has rejected it in `) as string },
    });
    expect(messages()).toEqual([]);
    expect(await decisionsOn(run)).toEqual(await kept(run, { by: "writer", how: "comment", verdict: "rejected", url: commentUrl() }));
  });

  test("a review that approves the commit is an event and an audit", async () => {
    github.review("acme/app", number, { login: "writer", commit });
    await deliver(pullRequest("closed"));
    expect((await listener.run(run)).state).toBe("succeeded");
    const url = expect.stringContaining(`/acme/app/pull/${number}#pullrequestreview-`) as unknown;
    expect(await decisionsOn(run)).toEqual(await kept(run, { by: "writer", how: "review", verdict: "approved", url }));
  });

  test("an approval that is found again after an attempt that failed, and after a killed process, is one event and one audit", async () => {
    slack.fail({ method: "chat.postMessage", status: 503 });
    const kill = async (): Promise<void> => await signal("SIGKILL", (await treeOf(listener.process.pid)).runs);
    github.before({ method: "GET", path: new RegExp(`/issues/${number}/comments`), skip: 1 }, kill);
    github.writeComment("acme/app", number, { login: "writer", body: `/approve ${commit}` });
    await sendComment("writer", `/approve ${commit}`);
    const { state, attempt } = await listener.run(run);
    expect([state, attempt > 2, messages().length]).toEqual(["succeeded", true, 1]);
    expect(await decisionsOn(run)).toEqual(await kept(run, { by: "writer", how: "comment", verdict: "approved", url: commentUrl() }));
  });

  test("a comment that GitHub delivers wakes the run, which reads it anew", async () => {
    const command = `/ok-to-test ${commit}`;
    await sendComment("stranger", command);
    await vi.waitFor(() => expect(rightsAsked("stranger")).toBe(0)); // GitHub has no such comment, whatever the delivery says
    github.writeComment("acme/app", number, { login: "writer", body: command });
    await sendComment("writer", command);
    expect((await listener.run(run)).state).toBe("succeeded");
    expect([messages().length, rightsAsked("writer") > 0]).toEqual([1, true]);
  });

  test("a newer push makes the approval of the older commit worthless", async () => {
    const older = commit;
    commit = await github.commit("acme/app", { branch, files: { [branch]: "2\n" }, message: "mine coins" });
    github.writeComment("acme/app", number, { login: "writer", body: `/ok-to-test ${older}` });
    const newer = await deliver(pullRequest("updated"));
    expect(await listener.run(run)).toMatchObject({ state: "skipped", reason: `${branch} is at ${commit.slice(0, 12)} by now` });
    expect((await listener.run(newer, "waiting")).reason).toBe(`approval of ${place()} (#${number})`);
    expect([messages(), slack.messages.filter(({ text }) => text.includes(older))]).toEqual([[], []]);
    expect((await decisionsOn(run)).audit).toEqual([]);
    const moved = `error: skipped: ${branch} is at ${commit.slice(0, 12)} by now`;
    await vi.waitFor(() => expect(statusOf(older, "approved"), listener.log()).toBe(moved), 20_000); // it may be required
    await vi.waitFor(() => expect(statusOf(commit, "approved")).toMatch(/^pending: waiting: approval of /), 20_000);
  });

  test("a pull request that is closed leaves nothing to approve", async () => {
    await github.closePull("acme/app", number);
    await deliver(pullRequest("closed"));
    expect(await listener.run(run)).toMatchObject({ state: "skipped", reason: `pull request #${number} is closed` });
    const closed = `error: skipped: pull request #${number} is closed`;
    await vi.waitFor(() => expect(statusOf(commit, "approved"), listener.log()).toBe(closed), 20_000);
  });

  test("a run that is canceled while it waits stays canceled", async () => {
    expect((await listener.command("runs", "cancel", run)).code).toBe(0);
    const { code, stderr } = await listener.command("runs", "approve", run);
    expect([code, stderr]).toEqual([5, expect.stringContaining(`approve run: ${run} has already ended as canceled`) as string]);
    expect((await listener.run(run)).state).toBe("canceled");
  });
});

describe("a gate that waits for checks", () => {
  const check = (state: "success" | "failure"): Promise<string> => {
    github.setStatus("acme/app", commit, { state, context: "ci/test", description: "" });
    return deliver({ kind: "check", repository: app(), commit, context: "ci/test", state, fork: false });
  };

  test("a check that passes opens it at once, and one that fails ends the run", async () => {
    await open("checked");
    const run = await deliver(pullRequest("opened"));
    expect((await listener.run(run, "waiting")).reason).toBe(`checks of ${place()}`);
    await check("success");
    expect((await listener.run(run)).state).toBe("succeeded");
    await open("checked");
    const other = await deliver(pullRequest("opened"));
    await listener.run(other, "waiting");
    await check("failure");
    expect(await listener.run(other)).toMatchObject({
      state: "failed",
      error: { code: "conflict", message: `wait for checks of ${place()}: ci/test is failure` },
    });
  });

  test("attack 92 (stale-check): a check that fails while somebody is asked ends the run, whoever approves then", async () => {
    await open("both");
    github.setStatus("acme/app", commit, { state: "success", context: "ci/test", description: "" });
    const run = await deliver(pullRequest("opened"));
    expect((await listener.run(run, "waiting")).reason).toBe(`approval of ${place()} (#${number})`);
    await check("failure");
    github.writeComment("acme/app", number, { login: "writer", body: `/approve ${commit}` });
    await sendComment("writer", `/approve ${commit}`);
    expect(await listener.run(run)).toMatchObject({
      state: "failed",
      error: { code: "conflict", message: `wait for checks of ${place()}: ci/test is failure` },
    });
    expect(messages()).toEqual([]);
  });

  test("attack 92 (stale-check): a check that fails while the approval is read ends the run: all is looked at once more", async () => {
    await open("both");
    github.setStatus("acme/app", commit, { state: "success", context: "ci/test", description: "" });
    github.writeComment("acme/app", number, { login: "writer", body: `/approve ${commit}` });
    const fail = (): void => github.setStatus("acme/app", commit, { state: "failure", context: "ci/test", description: "" });
    github.before({ method: "GET", path: new RegExp(`/issues/${number}/comments`) }, () => Promise.resolve(fail()));
    expect(await listener.run(await deliver(pullRequest("opened")))).toMatchObject({
      state: "failed",
      error: { code: "conflict", message: `wait for checks of ${place()}: ci/test is failure` },
    });
    expect(messages()).toEqual([]);
  });

  test("a push waits for its checks, then for a member of a team, who comments on the pull request that brought it", async () => {
    github.setTeam("acme/app", "acme/release-team", { releaser: "active" });
    await open("merged");
    commit = await github.mergePull("acme/app", number);
    const run = await deliver({ kind: "push", repository: app(), branch: "main", commit, before: null });
    expect((await listener.run(run, "waiting")).reason).toBe(`checks of ${place()}`);
    await check("success");
    await vi.waitFor(async () => expect((await listener.store.run(run))?.reason).toBe(`approval of ${place()} (#${number})`), 20_000);
    github.writeComment("acme/app", number, { login: "writer", body: `/approve ${commit}` });
    github.writeComment("acme/app", number, { login: "releaser", body: `/approve ${commit}` });
    await sendComment("releaser", `/approve ${commit}`);
    expect((await listener.run(run)).state).toBe("succeeded");
    const log = (await Array.fromAsync(listener.store.logOf(run))).map(({ text }) => text);
    expect(log.filter((line) => line.includes("is approved by releaser"))).toHaveLength(1);
  });
});

test("a gate that nobody opens in time fails its run once, with what is missing", async () => {
  await open("hurried");
  github.writeComment("acme/app", number, { login: "writer", body: `/approve ${commit}` });
  const ended = await listener.run(await deliver(pullRequest("opened")));
  expect([ended.state, ended.attempt, ended.error?.message]).toEqual([
    "failed",
    1,
    expect.stringMatching(
      /: not until .*Z: nobody who counts has approved it; the comment of writer does not count: the right is write, not admin$/,
    ),
  ]);
});

describe("a gate that asks for an approval of an environment", () => {
  const completed = (id: string): Promise<string> => {
    const about = { kind: "workflow", repository: app(), id, name: "CI", state: "completed", conclusion: "success" } as const;
    return deliver({ ...about, commit, fork: false });
  };

  test.each(["approved", "rejected"] as const)("an environment that was %s is an event and an audit", async (verdict) => {
    await open("production");
    const id = verdict === "approved" ? 30433642 : 30433643;
    github.decideEnvironment("acme/app", id, "production", verdict, "releaser");
    const run = await completed(String(id));
    const { state, error } = await listener.run(run);
    const rejected = `approve ${place()}: releaser has rejected it for environment production`;
    expect([state, error?.message]).toEqual(verdict === "approved" ? ["succeeded", undefined] : ["failed", rejected]);
    expect(await decisionsOn(run)).toEqual(await kept(run, { by: "releaser", how: "environment", verdict, url: null }));
  });
});

describe("a run that is skipped", () => {
  test("one whose pull request has another head by now is no success of the older commit, without a gate either", async () => {
    await open("free");
    const event = pullRequest("opened");
    const older = commit;
    commit = await github.commit("acme/app", { branch, files: { [branch]: "2\n" }, message: "mine coins" });
    expect(await listener.run(await deliver(event))).toMatchObject({ state: "skipped", outdated: true });
    const moved = `error: skipped: ${branch} is at ${commit.slice(0, 12)} by now`;
    await vi.waitFor(() => expect(statusOf(older, "free"), listener.log()).toBe(moved), 20_000);
    await vi.waitFor(() => expect(statusOf(commit, "free")).toBe("success: succeeded"), 20_000);
  });

  test("one that has nothing to do, as its push changes no file of its route, is a success, though nobody has approved it", async () => {
    const before = await github.commit("acme/app", { branch: "paths", files: { "a.md": "1\n" }, message: "one" });
    commit = await github.commit("acme/app", { branch: "paths", files: { "a.md": "2\n" }, message: "two" });
    const run = await deliver({ kind: "push", repository: app(), branch: "paths", commit, before });
    expect(await listener.run(run)).toMatchObject({ state: "skipped", outdated: false });
    const nothing = "success: skipped: it changes no path of src/**";
    await vi.waitFor(() => expect(statusOf(commit, "paths"), listener.log()).toBe(nothing), 20_000);
  });
});

test("a run without a gate waits for nobody, and is decided by nobody", async () => {
  await open("free");
  const run = await deliver(pullRequest("opened"));
  expect((await listener.run(run)).state).toBe("succeeded");
  const { code, stderr } = await listener.command("runs", "approve", run);
  expect([code, stderr]).toEqual([5, expect.stringContaining(`approve run: ${run} waits for nobody's approval`) as string]);
});

describe("a pull request from a fork, whose code a route builds", () => {
  test("a build waits for an approval of its commit, and begins nothing before", async () => {
    branch = "fork-`;reboot\u202e";
    number = await github.openFromFork("acme/app", { owner: "stranger", head: branch, title: "theirs", body: "" });
    commit = github.pulls("acme/app").find((pull) => pull.number === number)!.headSha;
    const run = await deliver({ ...pullRequest("opened"), fork: true });
    expect((await listener.run(run, "waiting")).reason).toBe(`approval of ${place()} (#${number})`);
    github.writeComment("acme/app", number, { login: "stranger", body: `/ok-to-test ${commit}` });
    await sendComment("stranger", `/ok-to-test ${commit}`);
    await vi.waitFor(() => expect(rightsAsked("stranger")).toBeGreaterThan(0), { timeout: 20_000 });
    const begun = await listener.run(run, "waiting");
    expect([begun.attempt, listener.log().includes("docker-container://none")]).toEqual([1, false]);
    github.writeComment("acme/app", number, { login: "writer", body: `/ok-to-test ${commit}` });
    await sendComment("writer", `/ok-to-test ${commit}`);
    // what comes next is the build itself, for which there is neither an engine nor a registry here
    const built = await vi.waitFor(
      async () => {
        const now = await listener.store.run(run);
        const said = now?.error?.message ?? now?.reason;
        if (said === undefined || said.startsWith("approval of ")) throw new Error(listener.log());
        return said;
      },
      { timeout: 100_000 },
    );
    expect(built).not.toContain("approve");
  });
});
