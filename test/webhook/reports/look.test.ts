import { afterAll, beforeAll, expect, test } from "vitest";
import { configOf } from "./reporting.ts";
import { startGitHub, type GitHub } from "../../doubles/github.ts";
import { tell } from "../../../webhook/report/tell.ts";
import type { FollowedRollout } from "../../../webhook/store-reports.ts";
import { storedRun } from "./reporting.ts";

const token = "ghp_canary0123456789";
/** An hour ago: nothing is expected to follow. */
const createdAt = new Date(Date.now() - 3_600_000);
let github: GitHub;
let last = 0;

beforeAll(async () => {
  github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/fleet"] } } });
  await github.createRepository("acme/fleet", { files: { "a.yaml": "a: 1\n" } });
});
afterAll(() => github[Symbol.asyncDispose]());

async function api(method: string, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const response = await fetch(`${github.apiUrl}/repos/acme/fleet${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

/** Opens a pull request, and returns its number. */
async function propose(): Promise<number> {
  const head = `x${++last}`;
  await github.commit("acme/fleet", { branch: head, message: head, files: { [`b${last}.yaml`]: "b: 1\n" } });
  return Number((await api("POST", "/pulls", { head, base: "main", title: head })).number);
}

async function look(rollout: Partial<FollowedRollout>): Promise<unknown> {
  const config = configOf(`servers: { github: { url: "${github.url}", api: "${github.apiUrl}" } }`);
  const known: FollowedRollout = {
    ...{ repository: `${new URL(github.url).host}/acme/fleet`, number: 1, commit: undefined, ready: false, object: undefined, images: [] },
    ...{ state: "proposed", message: undefined, objects: {} },
    ...rollout,
  };
  const run = storedRun();
  const order = {
    telling: { look: { run: run.id, fence: 1, rollout: known }, run },
    ...{ folder: "", config: "", credentials: { [new URL(github.url).host]: { token: "env:T" } }, secrets: { "env:T": token } },
  };
  return await tell(order, config, { reporters: [], signal: new AbortController().signal });
}

test("an open pull request is nothing new, and one that was closed is", async () => {
  const opened = await propose();
  expect(await look({ number: opened })).toEqual({ look: { state: "nothing" } });
  await github.closePull("acme/fleet", opened);
  expect(await look({ number: opened })).toEqual({
    look: { state: "found", rollout: { state: "closed", commit: undefined, message: undefined } },
  });
});

test("a merge is found, then what Flux reports of its commit, or of a later one", async () => {
  const merging = await propose();
  const commit = await github.mergePull("acme/fleet", merging);
  const found = async () => await look({ number: merging });
  const merged = { state: "found", rollout: { state: "merged", commit, message: undefined } };
  expect(await found()).toEqual({ look: merged });
  github.setStatus("acme/fleet", commit, {
    state: "failure",
    context: "kustomization/apps/1",
    description: "health check failed",
    createdAt,
  });
  const message = "kustomization/apps/1 is failure: health check failed";
  expect(await found()).toEqual({ look: { state: "found", rollout: { state: "unready", commit, message } } });
  github.setStatus("acme/fleet", commit, { state: "success", context: "kustomization/apps/1", description: "ok", createdAt });
  const ready = { look: { state: "found", rollout: { state: "ready", commit, message: undefined } } };
  expect(await found()).toEqual(ready);
  const [skipped, later] = [await propose(), await propose()];
  const passed = await github.mergePull("acme/fleet", skipped);
  const head = await github.mergePull("acme/fleet", later);
  github.setStatus("acme/fleet", head, { state: "success", context: "kustomization/apps/1", description: "ok", createdAt });
  expect(await look({ number: skipped })).toEqual({
    look: { state: "found", rollout: { state: "ready", commit: passed, message: undefined } },
  });
});

test("a change is ready when each object that reported before it is, and a failure of its own that a later commit has fixed is none", async () => {
  const merging = await propose();
  const commit = await github.mergePull("acme/fleet", merging);
  const report = (sha: string, name: string, state: "success" | "failure"): void =>
    github.setStatus("acme/fleet", sha, { state, context: `kustomization/${name}/1`, description: "", createdAt });
  const found = async (): Promise<unknown> => await look({ number: merging, state: "closed" });
  const seen = (state: string, message?: string): object => ({ look: { state: "found", rollout: { state, commit, message } } });
  report(commit, "flux-system", "success");
  expect(await found()).toEqual(seen("merged"));
  report(commit, "apps", "failure");
  expect(await found()).toEqual(seen("unready", "kustomization/apps/1 is failure"));
  const head = await github.mergePull("acme/fleet", await propose());
  report(head, "flux-system", "success");
  expect(await found()).toEqual(seen("unready", "kustomization/apps/1 is failure"));
  report(head, "apps", "success");
  expect(await found()).toEqual(seen("ready"));
});

test("a pull request that is gone, and a server that does not answer, are told apart", async () => {
  expect(await look({ number: 4711 })).toEqual({ look: { state: "failed", retry: false } });
  github.fail({ method: "GET", path: /pulls\/1$/, status: 503, headers: { "retry-after": "0" }, times: 20 });
  expect(await look({ number: 1 })).toEqual({ look: { state: "failed", retry: true } });
});
