import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configOf } from "./reporting.ts";
import { git } from "../../doubles/bare.ts";
import { startGitHub, type GitHub } from "../../doubles/github.ts";
import { tell } from "../../../webhook/report/tell.ts";
import type { FollowedRollout, LookClaim } from "../../../webhook/store-reports.ts";
import { storedRun } from "./reporting.ts";

const token = "ghp_canary0123456789";
/** An hour ago: nothing is expected to follow. */
const createdAt = new Date(Date.now() - 3_600_000);
let github: GitHub;
let last = 0;

beforeAll(async () => {
  github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/fleet", "acme/quiet"] } } });
  await github.createRepository("acme/fleet", { files: { "a.yaml": "a: 1\n" } });
});
afterAll(() => github[Symbol.asyncDispose]());

async function api(method: string, path: string, body: object, repository: string): Promise<Record<string, unknown>> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const response = await fetch(`${github.apiUrl}/repos/${repository}${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

/** Opens a pull request, and returns its number. */
async function propose(repository = "acme/fleet"): Promise<number> {
  const head = `x${++last}`;
  await github.commit(repository, { branch: head, message: head, files: { [`b${last}.yaml`]: "b: 1\n" } });
  return Number((await api("POST", "/pulls", { head, base: "main", title: head }, repository)).number);
}

async function look(rollout: Partial<FollowedRollout>, { known = [], since = 0 }: Partial<LookClaim> = {}): Promise<unknown> {
  const config = configOf(`servers: { github: { url: "${github.url}", api: "${github.apiUrl}" } }`);
  const followed: FollowedRollout = {
    ...{ repository: `${new URL(github.url).host}/acme/fleet`, number: 1, commit: undefined, ready: false, object: undefined, images: [] },
    ...{ state: "proposed", message: undefined, objects: {}, later: [] },
    ...rollout,
  };
  const run = storedRun();
  const order = {
    telling: { look: { run: run.id, fence: 1, rollout: followed, known, since }, run },
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

test("a change is ready when each object known from before is, and a failure that a later commit has fixed is none", async () => {
  const merging = await propose();
  const commit = await github.mergePull("acme/fleet", merging);
  const report = (sha: string, name: string, state: "success" | "failure"): void =>
    github.setStatus("acme/fleet", sha, { state, context: `kustomization/${name}/1`, description: "", createdAt });
  const found = async (): Promise<unknown> => await look({ number: merging, state: "closed" });
  const seen = (state: string, message?: string): object => ({ look: { state: "found", rollout: { state, commit, message } } });
  report(commit, "flux-system", "success");
  expect(await found()).toEqual({ look: { ...(seen("merged") as { look: object }).look, pending: true } });
  report(commit, "apps", "failure");
  expect(await found()).toEqual(seen("unready", "kustomization/apps/1 is failure"));
  const head = await github.mergePull("acme/fleet", await propose());
  report(head, "flux-system", "success");
  expect(await found()).toEqual(seen("unready", "kustomization/apps/1 is failure"));
  report(head, "apps", "success");
  expect(await found()).toEqual(seen("ready"));
});

describe("a repository in which nothing has a status", () => {
  const [root, apps] = ["Kustomization/flux-system/flux-system", "Kustomization/flux-system/apps"];
  let [folder, merging] = ["", 0];
  let commit: string;
  beforeAll(async () => {
    folder = await github.createRepository("acme/quiet", { files: { "a.yaml": "a: 1\n" } });
    merging = await propose("acme/quiet");
    commit = await github.mergePull("acme/quiet", merging);
  });
  const hear = async (rollout: Partial<FollowedRollout>, claim: Partial<LookClaim> = {}): Promise<unknown> =>
    await look({ repository: `${github.host}/acme/quiet`, number: merging, commit, state: "merged", ...rollout }, claim);

  test("a first object that is ready is not enough while another is known, nor for two minutes where none is", async () => {
    const first = { objects: { [root]: null } };
    const pending = { look: { state: "nothing", pending: true } };
    expect(await hear(first, { known: [apps, root] })).toEqual(pending);
    expect(await hear(first, { since: Date.now() })).toEqual(pending);
    expect(await hear(first, { since: Date.now() - 120_000 })).toMatchObject({ look: { state: "found", rollout: { state: "ready" } } });
    const both = { objects: { [root]: null, [apps]: null } };
    expect(await hear(both, { known: [apps, root], since: Date.now() })).toMatchObject({ look: { rollout: { state: "ready" } } });
    expect(await hear({ objects: { [root]: null, [apps]: "bad" } })).toEqual({
      look: { state: "found", rollout: { state: "unready", commit, message: `${apps}: bad` } },
    });
  });

  test("an event at a later commit is proof, and one at an earlier commit or of another repository is none", async () => {
    const before = await git(folder, ["rev-parse", `${commit}^1`]);
    const head = await github.mergePull("acme/quiet", await propose("acme/quiet"));
    await github.mergePull("acme/quiet", await propose("acme/quiet"));
    for (const other of [before, "e".repeat(40)]) {
      expect(await hear({ later: [{ object: apps, commit: other }] }, { known: [apps] })).toEqual({ look: { state: "nothing" } });
    }
    const later = [{ object: apps, commit: head }];
    const wanted = { look: { state: "found", rollout: { state: "ready", commit, message: undefined, objects: { [apps]: null } } } };
    expect(await hear({ later }, { known: [apps] })).toEqual(wanted);
    expect(await hear({ later, state: "unready", message: `${apps}: bad`, objects: { [apps]: "bad" } }, { known: [apps] })).toEqual(wanted);
  });
});

test("a pull request that is gone, and a server that does not answer, are told apart", async () => {
  expect(await look({ number: 4711 })).toEqual({ look: { state: "failed", retry: false } });
  github.fail({ method: "GET", path: /pulls\/1$/, status: 503, headers: { "retry-after": "0" }, times: 20 });
  expect(await look({ number: 1 })).toEqual({ look: { state: "failed", retry: true } });
});
