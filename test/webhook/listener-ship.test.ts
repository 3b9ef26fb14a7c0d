import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { DeployResult } from "../../src/pipelines/deploy.ts";
import type { ShipResult } from "../../src/pipelines/ship.ts";
import { git } from "../doubles/bare.ts";
import { channel, slackToken, startWorld, token, type World } from "../pipelines/world.ts";
import { ci, startListener, type Listener, type Sent } from "./listener.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const hookKey = "canary-of-the-github-hook";
let world: World;
let listener: Listener;
const image = (): string => `${world.registry.host}/acme/app`;
const app = (): string => `${world.github.host}/acme/app`;

beforeAll(async () => {
  world = await startWorld();
  const repositories = { repository: `${world.github.url}/acme/app`, fluxRepository: `${world.github.url}/acme/flux` };
  const ship = { ...repositories, ref: "${{ event.commit }}", image: image(), notify: [`slack:${channel}`] };
  const deployed = { fluxRepository: repositories.fluxRepository, wait: "merged" };
  listener = await startListener(
    {
      credentials: { [world.github.host]: { token: "env:GIT_TOKEN" }, slack: { token: "env:SLACK" } },
      servers: { github: { url: world.github.url, api: world.github.apiUrl }, slack: { api: world.slack.url } },
      sources: { github: { kind: "github", secrets: "env:HOOK_KEY" }, ci },
      routes: [
        { name: "main", when: { source: "github", kind: "push", repository: app(), branch: "main" }, run: "ship", with: ship },
        {
          name: "main-of-ci",
          when: { source: "ci", kind: "push", repository: app(), branch: "main" },
          run: "ship",
          with: ship,
          lane: "main ${{ event.repository }} ${{ event.branch }}",
        },
        {
          name: "images",
          when: { source: "ci", kind: "image", image: image(), tag: "*" },
          run: "deploy",
          with: { ...deployed, images: ["${{ event.image }}:${{ event.tag }}"] },
        },
        {
          name: "pulls",
          when: { source: "ci", kind: "pull-request", repository: app(), base: "main", action: "opened" },
          run: "ship",
          with: ship,
        },
      ],
      workers: { count: 2 },
    },
    { GIT_TOKEN: token, SLACK: slackToken, HOOK_KEY: hookKey, FAIRLEAD_ENGINE: process.env.FAIRLEAD_ENGINE ?? "native" },
  );
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

test("a push ships: hook, listener, engine, registry, pull request, message", async () => {
  await installHook(world.folders.app, (await listener.addresses("github"))[0]!);
  const commit = await commitAndPush("ARG GREETING=pushed");
  const [run] = await vi.waitFor(async () => {
    const runs = await listener.store.runs({ limit: 10 });
    if (runs.length === 0) throw new Error(listener.log());
    return runs;
  });
  const { result, event } = await listener.run(run!.id);
  expect(event).toMatchObject({ source: "github", kind: "push", branch: "main", commit });
  const shipped = result as unknown as ShipResult;
  const manifest = await fetch(`${world.registry.url}/v2/acme/app/manifests/sha-${commit.slice(0, 12)}`, {
    method: "HEAD",
    headers: { Accept: "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json" },
  });
  expect(manifest.headers.get("docker-content-digest")).toBe(shipped.build.digest);
  expect(world.github.pulls("acme/flux")).toMatchObject([{ number: 1, state: "open" }]);
  expect(world.slack.messages).toHaveLength(1);
});

test("a delivery that comes late is skipped: its commit is no longer the head", async () => {
  const before = (await git(world.folders.app, ["rev-parse", "main~1"])).trim();
  const { body } = await listener.deliver(push(before));
  expect(await listener.run(idOf(body))).toMatchObject({
    state: "skipped",
    reason: expect.stringMatching(/^main is at [\da-f]{12} by now$/) as string,
  });
});

test("a pull request from a fork runs nothing, and neither does a repository whose name only begins so", async () => {
  const pull = { kind: "pull-request", number: 7, action: "opened", branch: "x", commit: "1".repeat(40), base: "main" } as const;
  expect(await listener.deliver({ ...pull, repository: app(), fork: true })).toMatchObject({ status: 200, body: { runs: [] } });
  expect(await listener.deliver({ ...push("1".repeat(40)), repository: `${app()}-evil` })).toMatchObject({
    status: 200,
    body: { runs: [] },
  });
});

describe("a run that waits", () => {
  test("a run that waits keeps its lane without a worker, and goes on when its event comes", async () => {
    const { body } = await listener.deliver({ kind: "image", image: image(), tag: `sha-${await headOf(world.folders.app)}`, digest: null });
    const waiting = await listener.run(idOf(body), "waiting");
    const { number } = world.github.pulls("acme/flux").find(({ state }) => state === "open")!;
    expect(waiting.reason).toBe(`the merge of pull request #${number} of ${world.github.host}/acme/flux`);
    const mergeCommit = await world.github.mergePull("acme/flux", number);
    const merged: Sent = {
      kind: "pull-request",
      repository: `${world.github.host}/acme/flux`,
      number,
      action: "merged",
      branch: "x",
      commit: "2".repeat(40),
      base: "main",
      fork: false,
      mergeCommit,
    };
    await listener.deliver(merged);
    const { state, result, attempt } = await listener.run(waiting.id);
    expect({ state, attempt, commit: (result as unknown as DeployResult).waited?.commit }).toEqual({
      state: "succeeded",
      attempt: 1,
      commit: mergeCommit,
    });
  });
});

test("a listener without an engine accepts deliveries, lets runs wait, and says that it is not ready", async () => {
  await using other = await startListener(
    {
      credentials: { [world.github.host]: { token: "env:GIT_TOKEN" } },
      servers: { github: { url: world.github.url, api: world.github.apiUrl } },
      routes: [
        {
          name: "build",
          when: { source: "ci", kind: "push", repository: app(), branch: "main" },
          run: "build",
          with: { repository: `${world.github.url}/acme/app`, image: `${image()}:no-engine`, rebuild: true },
        },
      ],
      workers: { count: 1, engine: "docker-container://none" },
    },
    { GIT_TOKEN: token },
  );
  const { status, body } = await other.deliver(push((await git(world.folders.app, ["rev-parse", "main"])).trim()));
  expect(status).toBe(202);
  const run = await vi.waitFor(
    async () => {
      const found = await other.store.run(idOf(body));
      if (found?.reason === undefined) throw new Error(other.log());
      return found;
    },
    { timeout: 200_000 },
  );
  expect(run).toMatchObject({ state: "queued", attempt: 0, reason: expect.stringMatching(/engine/) as string });
  await vi.waitFor(async () => {
    const ready = await fetch(`${other.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, store: "ok", workers: "ok", engine: "it did not answer" }]);
  });
});

test("the log of a shipped push holds no secret", () => {
  expect([token, slackToken, hookKey].filter((secret) => listener.log().includes(secret))).toEqual([]);
});

function push(commit: string): Extract<Sent, { kind: "push" }> {
  return { kind: "push", repository: app(), branch: "main", commit, before: null };
}

function idOf(body: Readonly<Record<string, unknown>>): string {
  const [id] = body.runs as string[];
  if (id === undefined) throw new Error(JSON.stringify(body));
  return id;
}

async function headOf(folder: string): Promise<string> {
  return (await git(folder, ["rev-parse", "main"])).slice(0, 12);
}

/** Has a repository tell of its pushes as GitHub does. */
async function installHook(folder: string, url: string): Promise<void> {
  const script = join(folder, "hooks", "tell.mjs");
  await mkdir(join(folder, "hooks"), { recursive: true });
  await writeFile(
    script,
    `import { createHmac, randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
const [before, after, ref] = (await text(process.stdin)).trim().split(" ");
const repository = { html_url: ${JSON.stringify(`${world.github.url}/acme/app`)}, full_name: "acme/app" };
const body = JSON.stringify({ ref, before, after, repository });
const signature = createHmac("sha256", ${JSON.stringify(hookKey)}).update(body).digest("hex");
const headers = { "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": randomUUID(), "X-Hub-Signature-256": "sha256=" + signature };
const { status } = await fetch(${JSON.stringify(url)}, { method: "POST", headers, body });
if (status !== 202) throw new Error(String(status));
`,
  );
  const hook = join(folder, "hooks", "post-receive");
  await writeFile(hook, `#!/bin/sh\nexec ${process.execPath} ${script}\n`);
  await chmod(hook, 0o755);
}

/** Changes the application's Dockerfile as a person would, and returns the commit. */
async function commitAndPush(line: string): Promise<string> {
  const clone = await mkdtemp(join(tmpdir(), "fairlead-person-"));
  try {
    await git(world.folders.app, ["clone", "--quiet", `${world.github.url.replace("://", `://x-access-token:${token}@`)}/acme/app`, clone]);
    const dotGit = join(clone, ".git");
    await writeFile(join(clone, "NEWS"), `${line}\n`);
    const work = ["--work-tree", clone, "-c", "user.name=A Person", "-c", "user.email=person@example.com"];
    await git(dotGit, [...work, "add", "NEWS"]);
    await git(dotGit, [...work, "commit", "--quiet", "-m", line]);
    await git(dotGit, ["push", "--quiet", "origin", "HEAD:main"]);
    return (await git(dotGit, ["rev-parse", "HEAD"])).trim();
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
}
