/** A pull request of an application whose merge waits: for the checks of the commit, for what its route does, and for Flux. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import type { Registry } from "../doubles/registry.ts";
import { fluxFiles, startImages } from "../pipelines/flux.ts";
import { startListener, type Listener, type Sent } from "./listener.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const token = "ghp_canary0123456789";
let [github, registry, listener]: [GitHub, Registry, Listener] = [] as never;

beforeAll(async () => {
  registry = await startImages();
  github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/app", "acme/flux"] } } });
  await github.createRepository("acme/app", { files: { "README.md": "# app\n" }, private: true });
  await github.createRepository("acme/flux", { files: fluxFiles(registry.host), private: true });
  listener = await startListener(
    {
      credentials: { [github.host]: { token: "env:GIT" } },
      servers: { github: { url: github.url, api: github.apiUrl } },
      routes: [
        {
          name: "preview",
          when: { source: "ci", kind: "pull-request", repository: `${github.host}/acme/app`, base: "main", action: ["opened", "updated"] },
          run: "deploy",
          with: {
            images: [`${registry.host}/acme/web:1.1.0`],
            fluxRepository: `${github.url}/acme/flux`,
            fluxPath: "apps/web",
            wait: "ready",
          },
          gate: { checks: ["ci/test"] },
          reports: ["status"],
        },
      ],
      workers: { count: 1 },
    },
    { GIT: token },
  );
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  expect([...github.unknown, ...github.violations]).toEqual([]);
  for (const each of [github, registry]) await each[Symbol.asyncDispose]();
});

test("the status of a pull request's commit is pending until its checks have passed, its change is merged, and Flux has it ready", async () => {
  const commit = await github.commit("acme/app", { branch: "topic", files: { "a.txt": "1\n" }, message: "topic" });
  const headers = { authorization: `token ${token}`, "content-type": "application/json", "user-agent": "person" };
  const body = JSON.stringify({ title: "topic", head: "topic", base: "main" });
  await fetch(`${github.apiUrl}/repos/acme/app/pulls`, { method: "POST", headers, body });
  const status = (): readonly string[] =>
    github.statuses("acme/app", commit).flatMap(({ context, state }) => (context.startsWith("fairlead/") ? [`${context} ${state}`] : []));
  const said = async (state: string): Promise<void> =>
    await vi.waitFor(() => expect(status().at(-1)).toBe(`fairlead/deploy (preview) ${state}`), { timeout: 30_000 });

  const pull: Sent = {
    ...{ kind: "pull-request", repository: `${github.host}/acme/app`, number: 1, action: "opened" },
    ...{ branch: "topic", commit, base: "main", fork: false },
  };
  const run = ((await listener.deliver(pull)).body.runs as string[])[0]!;
  await listener.run(run, "waiting");
  await said("pending");

  github.setStatus("acme/app", commit, { state: "success", context: "ci/test", description: "" });
  await listener.deliver({
    kind: "check",
    repository: `${github.host}/acme/app`,
    commit,
    context: "ci/test",
    state: "success",
    fork: false,
  });
  await vi.waitFor(() => expect(github.pulls("acme/flux")).toMatchObject([{ number: 1, state: "open" }]), { timeout: 30_000 });
  const flux = { kind: "pull-request", repository: `${github.host}/acme/flux`, number: 1, branch: "x", base: "main", fork: false } as const;
  const mergeCommit = await github.mergePull("acme/flux", 1);
  await listener.deliver({ ...flux, action: "merged", commit: "2".repeat(40), mergeCommit });
  await vi.waitFor(async () => expect((await listener.store.run(run))?.reason).toMatch(/^the report of Flux/), { timeout: 60_000 });
  expect(status().every((each) => each.endsWith("pending"))).toBe(true);

  github.setStatus("acme/flux", mergeCommit, { state: "success", context: "kustomization/web/1", description: "", createdAt: new Date(0) });
  const object = "Kustomization/flux-system/web";
  await listener.deliver({ kind: "reconciliation", object, revision: `main@sha1:${mergeCommit}`, ready: true, message: "" });
  expect((await listener.run(run)).state).toBe("succeeded");
  await said("success");
});
