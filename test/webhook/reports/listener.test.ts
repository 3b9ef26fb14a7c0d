import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startWorld, token, type World } from "../../pipelines/world.ts";
import { ci, startListener, type Listener, type Sent } from "../listener.ts";
import { signal, treeOf } from "../crash/processes.ts";
import { all } from "../store/bed.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let world: World;
let listener: Listener;
const app = (): string => `${world.github.host}/acme/app`;
const flux = (): string => `${world.github.host}/acme/flux`;

beforeAll(async () => {
  world = await startWorld();
  const deployed = { images: [`${world.registry.host}/acme/app:\${{ event.commit | short }}`], unchecked: true };
  const with_ = { ...deployed, fluxRepository: `${world.github.url}/acme/flux` };
  const when = { source: "ci", kind: "push", repository: app() };
  listener = await startListener(
    {
      credentials: { [world.github.host]: { token: "env:GIT_TOKEN" } },
      servers: { github: { url: world.github.url, api: world.github.apiUrl } },
      sources: { ci, open: { kind: "flux", path: "env:OPEN_KEY" } },
      reports: "auto",
      routes: [
        { name: "main", when: { ...when, branch: "main" }, run: "deploy", waitForImage: "0s", with: with_ },
        { name: "waits", when: { ...when, branch: "waits" }, run: "deploy", waitForImage: "0s", with: { ...with_, wait: "merged" } },
        { name: "quiet", when: { ...when, branch: "quiet" }, run: "deploy", waitForImage: "0s", with: with_, reports: [] },
        {
          ...{ name: "pull-requests", run: "deploy", waitForImage: "0s", with: with_, reportAs: "preview" },
          when: { ...when, kind: "pull-request", base: "main", action: "opened" },
        },
        {
          ...{ name: "merge-queue", run: "deploy", waitForImage: "0s", with: with_, reportAs: "preview" },
          when: { ...when, branch: "gh-readonly-queue/main/**" },
        },
        { name: "wrong", when: { ...when, branch: "wrong" }, run: "deploy", waitForImage: "0s", with: { ...with_, fluxPath: "nowhere" } },
      ],
      workers: { count: 2 },
    },
    { GIT_TOKEN: token, OPEN_KEY: "canary-key-of-an-open-source" },
  );
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Commits to a branch of the application, tells the listener, and returns the commit and its run. */
async function pushTo(branch: string, before?: (commit: string) => void): Promise<{ readonly commit: string; readonly run: string }> {
  const commit = await world.github.commit("acme/app", { branch, files: { text: `${Math.random()}` }, message: "text" });
  before?.(commit);
  const event: Sent = { kind: "push", repository: app(), branch, commit, before: null };
  const { body } = await listener.deliver(event);
  return { commit, run: (body.runs as readonly string[])[0]! };
}

/** The statuses of a commit, the oldest first, without what names their run. */
function statusesOf(commit: string): readonly string[] {
  return world.github
    .statuses("acme/app", commit)
    .map(({ state, context, description }) => `${context} ${state}: ${(description ?? "").replace(/ · \S+$/, "")}`);
}

async function lastStatus(commit: string, wanted: RegExp): Promise<string> {
  return await vi.waitFor(
    () => {
      const last = statusesOf(commit).at(-1) ?? "none";
      expect(last, listener.log()).toMatch(wanted);
      return last;
    },
    { timeout: 20_000, interval: 100 },
  );
}

test("a run is a status of the pushed commit, and follows its pull request until Flux has it ready", async () => {
  const { commit, run } = await pushTo("main");
  await listener.run(run, "succeeded");
  await lastStatus(commit, /success: acme\/flux#\d+ is open/);
  const { number } = world.github.pulls("acme/flux").find(({ state }) => state === "open")!;
  const mergeCommit = await world.github.mergePull("acme/flux", number);
  const merged = { repository: flux(), number, branch: "x", commit, base: "main", fork: false, mergeCommit } as const;
  await listener.deliver({ kind: "pull-request", action: "merged", ...merged });
  await lastStatus(commit, /success: acme\/flux#\d+ is merged(?! and ready)/);
  const object = "Kustomization/flux-system/apps";
  const reconciled = { kind: "reconciliation", object, revision: `main@sha1:${mergeCommit}` } as const;
  await listener.deliver({ ...reconciled, ready: false, message: "health check failed" });
  await lastStatus(commit, /failure: not ready: Kustomization\/flux-system\/apps: health check failed/);
  // nothing has reported before, and no more is expected
  world.github.setStatus("acme/flux", mergeCommit, {
    state: "success",
    context: "kustomization/apps/1",
    description: "ok",
    createdAt: new Date(0),
  });
  await listener.deliver({ ...reconciled, ready: true, message: "Applied" });
  await lastStatus(commit, /success: acme\/flux#\d+ is merged and ready/);
  const shown = await vi.waitFor(
    async () => {
      const { stdout } = await listener.command("runs", "show", run, "--json");
      const { reports, rollout } = JSON.parse(stdout) as { reports: { state: string; at: string }[]; rollout: object };
      expect(reports).toMatchObject([{ state: "sent" }]);
      return { reports, rollout };
    },
    { timeout: 20_000 },
  );
  expect(shown).toEqual({
    reports: [{ reporter: "status", state: "sent", at: expect.any(String) as string, error: null }],
    rollout: { state: "ready", commit: mergeCommit, message: null, at: expect.any(String) as string },
  });
});

test("a report of Flux from a source without a secret counts only as far as the provider's statuses say the same", async () => {
  const { commit, run } = await pushTo("main");
  await listener.run(run, "succeeded");
  await lastStatus(commit, /is open/);
  const { number } = world.github.pulls("acme/flux").find(({ state }) => state === "open")!;
  const mergeCommit = await world.github.mergePull("acme/flux", number);
  const merged = { repository: flux(), number, branch: "x", commit, base: "main", fork: false, mergeCommit } as const;
  await listener.deliver({ kind: "pull-request", action: "merged", ...merged });
  await lastStatus(commit, /is merged(?! and ready)/);
  const [address] = await listener.addresses("open");
  const involvedObject = { kind: "Kustomization", namespace: "flux-system", name: "apps" };
  const said = {
    severity: "info",
    reason: "ReconciliationSucceeded",
    message: "Applied",
    metadata: { revision: `main@sha1:${mergeCommit}` },
  };
  const tell = async (): Promise<number> => {
    const body = JSON.stringify({ involvedObject, timestamp: new Date().toISOString(), ...said });
    const url = `${listener.url}${new URL(address!).pathname}`;
    return (await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body })).status;
  };
  const asked = (): number => world.github.requests.filter(({ path }) => path.includes(`/commits/${mergeCommit}/status`)).length;
  expect(await tell()).toBe(200);
  await vi.waitFor(() => expect(asked()).toBeGreaterThan(0), { timeout: 20_000 });
  expect((await listener.store.toldOf(run)).rollout?.state).toBe("merged");
  world.github.setStatus("acme/flux", mergeCommit, {
    state: "success",
    context: "kustomization/apps/1",
    description: "ok",
    createdAt: new Date(0),
  });
  expect(await tell()).toBe(200);
  await lastStatus(commit, /success: acme\/flux#\d+ is merged and ready/);
});

test("a run that is superseded while nothing of it runs is told, and so is one that is canceled", async () => {
  const first = await pushTo("waits");
  await listener.run(first.run, "waiting");
  const second = await pushTo("waits");
  await lastStatus(second.commit, /pending: queued/);
  const third = await pushTo("waits");
  await lastStatus(second.commit, /error: superseded/);
  await listener.command("runs", "cancel", third.run);
  await lastStatus(third.commit, /error: canceled/);
  await listener.command("runs", "cancel", first.run);
  await lastStatus(first.commit, /error: canceled/);
});

test("a run that fails is told with its error, and a route without reports tells nothing", async () => {
  const { commit, run } = await pushTo("wrong");
  await listener.run(run, "failed");
  await lastStatus(commit, /failure: failed: /);
  const quiet = await pushTo("quiet");
  await listener.run(quiet.run, "succeeded");
  expect(await listener.store.toldOf(quiet.run)).toMatchObject({ reports: [], rollout: { state: "proposed" } });
  expect(statusesOf(quiet.commit)).toEqual([]);
});

test("a token that may not set statuses is one warning in the run's log, and the run succeeds", async () => {
  const body = { message: "Resource not accessible by personal access token", documentation_url: "https://docs.github.com" };
  const refuse = (commit: string): void => {
    world.github.fail({ method: "POST", path: new RegExp(`/statuses/${commit}$`), status: 403, times: 20, body });
  };
  const { run } = await pushTo("main", refuse);
  await listener.run(run, "succeeded");
  await vi.waitFor(async () => expect((await listener.store.toldOf(run)).reports).toMatchObject([{ state: "failed" }]), {
    timeout: 20_000,
  });
  const warnings = (await all(listener.store.logOf(run))).filter(({ text }) => text.startsWith("warning: report by status: "));
  expect(warnings).toHaveLength(1);
});

test("the commit of a merge queue gets the status that its pull request has, which a rule of the branch requires", async () => {
  const commit = await world.github.commit("acme/app", { branch: "topic", files: { topic: "1" }, message: "topic" });
  const headers = { authorization: `token ${token}`, "content-type": "application/json", "user-agent": "person" };
  const wanted = JSON.stringify({ title: "topic", head: "topic", base: "main" });
  const opened = await fetch(`${world.github.apiUrl}/repos/acme/app/pulls`, { method: "POST", headers, body: wanted });
  const { number } = (await opened.json()) as { number: number };
  const pull = { repository: app(), number, branch: "topic", commit, base: "main", fork: false } as const;
  await listener.deliver({ kind: "pull-request", action: "opened", ...pull });
  expect(await lastStatus(commit, /success/)).toMatch(/^fairlead\/deploy \(preview\) success: /);
  const queued = await pushTo(`gh-readonly-queue/main/pr-${number}-${commit}`);
  expect(await lastStatus(queued.commit, /success/)).toMatch(/^fairlead\/deploy \(preview\) success: /);
});

/** Comes last: it ends the listener. */
test("a sender that is killed after its write and before its note is followed by another, and nothing is doubled", async () => {
  let killed = 0;
  const counts: Record<string, number> = {};
  for (const when of ["before the write", "after the write"] as const) {
    const commit = await world.github.commit("acme/app", { branch: "main", files: { text: when }, message: "text" });
    const kill = async (): Promise<void> => {
      const { workers, runs, listener: serve } = await treeOf(listener.process.pid);
      await signal("SIGKILL", [...(serve === undefined ? [] : [serve]), ...workers, ...runs]);
      killed += 1;
    };
    const path = when === "before the write" ? /^\/repos\/acme\/app\/commits\/.*status/ : /^\/repos\/acme\/app\/statuses\//;
    world.github.before({ method: when === "before the write" ? "GET" : "POST", path }, kill);
    const { body } = await listener.deliver({ kind: "push", repository: app(), branch: "main", commit, before: null });
    const [run] = body.runs as readonly string[];
    await vi.waitFor(() => expect(killed).toBe(Object.keys(counts).length + 1), { timeout: 20_000 });
    await listener.restart("SIGKILL");
    await listener.run(run!, "succeeded");
    await lastStatus(commit, /success/);
    await vi.waitFor(async () => expect((await listener.store.toldOf(run!)).reports).toMatchObject([{ state: "sent" }]), {
      timeout: 20_000,
    });
    const ends = statusesOf(commit).filter((each) => each.includes("success"));
    counts[when] = ends.length;
  }
  expect(counts).toEqual({ "before the write": 1, "after the write": 1 });
});
