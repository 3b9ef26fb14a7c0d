/** A branch that a stopped run has left is removed by whoever deploys its place next. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { git } from "../doubles/bare.ts";
import type { Registry } from "../doubles/registry.ts";
import { startFlux, startImages, type Flux } from "./flux.ts";

let registry: Registry;
let flux: Flux;

beforeAll(async () => {
  registry = await startImages();
});
beforeEach(async () => {
  flux = await startFlux(registry);
});
afterEach(() => flux[Symbol.asyncDispose]());
afterAll(() => registry.stop());

const deploy = (version: string, input: Readonly<Record<string, unknown>> = {}) =>
  flux.deployHere({ images: [flux.image(version)], ...input });
/** Leaves a branch as a run does that is stopped between its push and its pull request. */
const leaveBranch = async (version: string, input: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const before = await flux.branches();
  flux.github.fail({ method: "POST", path: /\/pulls$/, status: 502 });
  await expect(deploy(version, input)).rejects.toMatchObject({ code: "unavailable" });
  const [left = "", ...more] = (await flux.branches()).filter((each) => !before.includes(each));
  expect([left, more]).toEqual([expect.stringMatching(/^fairlead\/(?:web|proxy)-/), []]);
  return left;
};

test.each([
  ["by a pull request", "1.2.0", {}],
  ["of what the base has", "1.0.0", {}],
  ["by --direct", "1.2.0", { direct: true }],
])("a deployment %s removes the branch without a pull request that a stopped run has left", async (_way, version, input) => {
  await leaveBranch("1.1.0");
  const { branch } = await deploy(version, input);
  expect(await flux.branches()).toEqual([branch ?? "main", "main"].filter((each, at, all) => all.indexOf(each) === at));
});

test("the stopped run itself, when it is started again, goes on with its branch", async () => {
  const branch = await leaveBranch("1.1.0");
  expect(await deploy("1.1.0")).toMatchObject({ branch, pullRequest: { number: 1 } });
});

test("a deployment of a wider place, and of more images, removes what a narrower one has left", async () => {
  await leaveBranch("1.1.0", { fluxPath: "apps/web" });
  await leaveBranch("1.1.0", { only: "Job/shop/web-migrate" });
  const { branch } = await flux.deployHere({ images: [flux.image("1.2.0"), flux.image("1.2.0", "acme/proxy")] });
  expect(await flux.branches()).toEqual([branch, "main"]);
});

test("a branch of another image, with a person's commit, with an amended commit, or by another name stays", async () => {
  const other = await leaveBranch("1.1.0", { images: [flux.image("1.1.0", "acme/proxy")] });
  const worked = await leaveBranch("1.1.0");
  await flux.github.commit("acme/flux", { branch: worked, files: { "notes.md": "mine\n" }, message: "Mine" });
  const amended = await leaveBranch("1.2.0");
  const person = { GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z", GIT_COMMITTER_DATE: "2026-01-02T00:00:00Z" };
  const [tree, message] = [
    await git(flux.folder, ["rev-parse", "main^{tree}"]),
    await git(flux.folder, ["log", "-1", "--format=%B", amended]),
  ];
  const commit = await git(flux.folder, ["commit-tree", tree, "-p", "main", "-m", message], {
    env: { ...person, GIT_AUTHOR_NAME: "ann", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "ann", GIT_COMMITTER_EMAIL: "a@b" },
  });
  await git(flux.folder, ["update-ref", `refs/heads/${amended}`, commit]);
  const kept = await leaveBranch("1.1.0", { only: "Deployment/shop/web" });
  await git(flux.folder, ["branch", "--move", kept, "kept"]);
  const { branch } = await deploy("1.3.0");
  expect(await flux.branches()).toEqual([other, worked, amended, branch, "kept", "main"].sort());
});

test("the branch of a merged pull request, and of one that was closed by hand, stays", async () => {
  const merged = await deploy("1.1.0");
  await flux.github.mergePull("acme/flux", 1);
  const closed = await deploy("1.3.0");
  await flux.github.closePull("acme/flux", 2);
  const { branch } = await deploy("1.2.0");
  expect(await flux.branches()).toEqual([merged.branch, closed.branch, branch, "main"].sort());
});

test("a branch that was pushed anew after its pull request was merged, and left, is removed", async () => {
  const { branch } = await deploy("1.1.0");
  await flux.github.mergePull("acme/flux", 1);
  await git(flux.folder, ["branch", "-D", branch ?? ""]);
  await deploy("1.0.0", { direct: true });
  expect(await leaveBranch("1.1.0")).toBe(branch);
  const next = await deploy("1.2.0");
  expect(await flux.branches()).toEqual([next.branch, "main"]);
});

test("a run whose branch another has removed fails with what to do, and deploys when it is run again", async () => {
  flux.github.before({ method: "POST", path: /\/pulls$/ }, async () => {
    const [branch = ""] = (await flux.branches()).filter((each) => each !== "main");
    await git(flux.folder, ["branch", "-D", branch]);
  });
  const failure: unknown = await deploy("1.1.0").catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "conflict", message: expect.stringContaining("its branch was deleted meanwhile") as string });
  expect(await deploy("1.1.0")).toMatchObject({ pullRequest: { number: 1 } });
});

test("branches that cannot be listed are a warning: what is deployed is deployed", async () => {
  const warnings: string[] = [];
  flux.github.fail({ method: "POST", path: /\/graphql$/, status: 403, times: 3 });
  await flux.deployHere(
    { images: [flux.image("1.1.0")] },
    { report: (entry) => void (entry.type === "warning" && warnings.push(flux.plain(entry.message))) },
  );
  expect(warnings).toEqual([expect.stringMatching(/^branches of runs that were stopped may be left: list branches fairlead\/ of GITHUB/)]);
});
