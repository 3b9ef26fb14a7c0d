/** No way to deploy leaves a pull request open that would undo it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FairleadError } from "../../src/library.ts";
import { git } from "../doubles/bare.ts";
import type { Registry } from "../doubles/registry.ts";
import { startFlux, startImages, type Flux } from "./flux.ts";

let registry: Registry;
let flux: Flux;

beforeAll(async () => {
  registry = await startImages();
});
beforeEach(async () => {
  flux = await startFlux(registry, { autoMerge: true });
});
afterEach(() => flux[Symbol.asyncDispose]());
afterAll(() => registry.stop());

const deploy = (version: string, input: Readonly<Record<string, unknown>> = {}, report = (_: unknown): void => undefined) =>
  flux.deployHere({ images: [flux.image(version)], ...input }, { report });
/** Each pull request as `NUMBER TITLE STATE`. */
const pulls = (): readonly string[] =>
  flux.github
    .pulls("acme/flux")
    .map(({ number, title, state, merged }) => `${number} ${title.replace("deploy acme/", "")} ${merged ? "merged" : state}`);
const image = async (path = "apps/web/deployment.yaml"): Promise<string> =>
  flux.plain(/image: "?([^\s"]*web[^\s"]*)/.exec(await flux.read(path))?.[1] ?? "");
/** Deploys a version by a pull request that merges itself as soon as the check has come. */
const openWaiting = async (version: string, input: Readonly<Record<string, unknown>> = {}): Promise<void> => {
  await flux.github.setBlocked("acme/flux", true);
  await deploy(version, { autoMerge: "squash", ...input });
};
const letLand = (): Promise<void> => flux.github.setBlocked("acme/flux", false);
const warningsOf = async (doing: (report: (entry: unknown) => void) => Promise<unknown>): Promise<readonly string[]> => {
  const warnings: string[] = [];
  await doing((entry) => {
    const { type, message = "" } = entry as { type: string; message?: string };
    if (type === "warning") warnings.push(flux.plain(message));
  });
  return warnings;
};

describe("a rollback while the newer version waits in a pull request", () => {
  test("a rollback to what the base still has closes the pull request, which does not land when its check comes", async () => {
    await openWaiting("1.1.0");
    const asked = await deploy("1.0.0");
    expect(asked).toMatchObject({ changed: false, pullRequest: null, superseded: [1], leftOpen: [] });
    await letLand();
    expect([pulls(), await image(), await flux.branches()]).toEqual([["1 web 1.1.0 closed"], "REGISTRY/acme/web:1.0.0", ["main"]]);
    expect(flux.github.comments("acme/flux", 1)).toEqual([`Superseded: \`main\` has what was asked for last, as of ${asked.commit}.`]);
  });

  test("a rollback by --direct closes the pull request, although it would merge cleanly", async () => {
    await openWaiting("1.1.0");
    expect(await deploy("1.2.0", { direct: true })).toMatchObject({ changed: true, superseded: [1] });
    await openWaiting("1.3.0");
    expect(await deploy("1.0.0", { direct: true })).toMatchObject({ changed: true, superseded: [2] });
    await letLand();
    expect([pulls(), await image()]).toEqual([["1 web 1.1.0 closed", "2 web 1.3.0 closed"], "REGISTRY/acme/web:1.0.0"]);
  });

  test("a deployment by --direct of what the pull request asks for closes it, so that it cannot undo a later rollback", async () => {
    await openWaiting("1.1.0");
    expect(await deploy("1.1.0", { direct: true })).toMatchObject({ changed: true, superseded: [1] });
    expect(await deploy("1.0.0", { direct: true })).toMatchObject({ changed: true, superseded: [] });
    await letLand();
    expect([pulls(), await image()]).toEqual([["1 web 1.1.0 closed"], "REGISTRY/acme/web:1.0.0"]);
  });

  test("a rollback by an earlier pull request, which is still open, closes the later one", async () => {
    await openWaiting("1.1.0");
    flux.github.fail({ method: "PATCH", path: /\/pulls\/1$/, status: 502, times: 3 });
    await expect(deploy("1.2.0", { autoMerge: "squash" })).rejects.toMatchObject({ code: "unavailable" });
    expect(await deploy("1.1.0")).toMatchObject({ pullRequest: { number: 1 }, superseded: [2] });
    await letLand();
    expect([pulls(), await image()]).toEqual([["1 web 1.1.0 merged", "2 web 1.2.0 closed"], "REGISTRY/acme/web:1.1.0"]);
  });

  test("a rollback of all objects closes a pull request for one of them", async () => {
    await openWaiting("1.1.0", { only: "Job/shop/web-migrate#spec.template" });
    await openWaiting("1.2.0", { fluxPath: "apps/web" });
    expect(await deploy("1.0.0")).toMatchObject({ superseded: [2, 1] });
    await letLand();
    expect([await image(), await image("apps/jobs/job.yaml")]).toEqual(["REGISTRY/acme/web:1.0.0", "REGISTRY/acme/web:1.0.0"]);
  });

  test("a rollback of one object leaves a pull request for all open, and the result and a warning say so", async () => {
    await openWaiting("1.1.0");
    const only = "Job/shop/web-migrate";
    expect(await warningsOf((report) => deploy("1.0.0", { only }, report))).toEqual([
      "pull request GITHUB/acme/flux#1 stays open: it sets some of the same places, and others too. If it is merged later, it may set them back: close it, or ask again for all that it sets",
    ]);
    expect(await deploy("1.0.0", { only })).toMatchObject({ superseded: [], leftOpen: [1] });
    expect(await deploy("1.0.0", { fluxPath: "apps/jobs" })).toMatchObject({ superseded: [], leftOpen: [1] });
  });
});

test("a pull request of another image, of a fork, and of another folder stays open after a rollback", async () => {
  await flux.deployHere({ images: [flux.image("1.1.0", "acme/proxy")] });
  await deploy("1.1.0", { fluxPath: "apps/jobs" });
  const { body, head } = flux.github.pulls("acme/flux")[1]!;
  await flux.github.openFromFork("acme/flux", { owner: "stranger", head, title: "theirs", body: body ?? "" });
  expect(await deploy("1.0.0", { fluxPath: "apps/web" })).toMatchObject({ superseded: [], leftOpen: [] });
  expect(pulls()).toEqual(["1 proxy 1.1.0 open", "2 web 1.1.0 open", "3 theirs open"]);
});

test("a pull request for what the base has by now, with a person's commit, stays open with a warning", async () => {
  const { branch } = await deploy("1.1.0");
  await flux.github.commit("acme/flux", { branch: branch ?? "", files: { "notes.md": "mine\n" }, message: "Mine" });
  const warnings = await warningsOf((report) => deploy("1.1.0", { direct: true }, report));
  expect({ warnings, pulls: pulls() }).toEqual({
    warnings: ["pull request GITHUB/acme/flux#1 stays open: main has what it asks for, and it has commits that are not fairlead's"],
    pulls: ["1 web 1.1.0 open"],
  });
});

test("a rollback's dry run says which pull request it would close, and closes none", async () => {
  await deploy("1.1.0");
  const { code, stdout } = await flux.run(flux.image("1.0.0"), "--dry-run");
  expect(flux.plain(`${code}\n${stdout}`)).toMatchInlineSnapshot(`
    "0
    push-branch GITHUB/acme/flux REGISTRY/acme/web:1.0.0: unchanged
    close-pull-request GITHUB/acme/flux older than main
      ~ update pull request GITHUB/acme/flux#1: open → closed
      - delete branch GITHUB/acme/flux fairlead/web-HASH: SHA
    plan: 1 to update, 1 to delete; nothing was changed
    "
  `);
  expect(pulls()).toEqual(["1 web 1.1.0 open"]);
});

test("a change that a rollback has closed may be deployed again", async () => {
  await deploy("1.1.0");
  await deploy("1.0.0");
  expect(await deploy("1.1.0")).toMatchObject({ pullRequest: { number: 2 }, previous: { number: 1, ended: "superseded" } });
});

test("a rollback of a set closes the pull request of one of its images", async () => {
  await openWaiting("1.1.0");
  expect(await flux.deployHere({ images: [flux.image("1.0.0"), flux.image("1.0.0", "acme/proxy")] })).toMatchObject({ superseded: [1] });
  await letLand();
  expect(await image()).toBe("REGISTRY/acme/web:1.0.0");
});

test("a pull request that is merged while a rollback closes it makes the rollback fail", async () => {
  await deploy("1.1.0");
  flux.github.before({ method: "PATCH", path: /\/pulls\/1$/ }, () => flux.github.mergePull("acme/flux", 1));
  const failure: unknown = await deploy("1.0.0").catch((error: unknown) => error);
  expect(failure instanceof FairleadError && [failure.code, flux.plain(failure.message), failure.hint]).toEqual([
    "conflict",
    "close pull request GITHUB/acme/flux#1: it was merged meanwhile",
    "run it again, to set what was merged back",
  ]);
  expect(await deploy("1.0.0")).toMatchObject({ changed: true, pullRequest: { number: 2 } });
});

test("--direct with a token that may not read pull requests commits, and warns that one may be open", async () => {
  await openWaiting("1.1.0");
  flux.github.fail({
    method: "GET",
    path: /\/pulls$/,
    status: 403,
    times: 2,
    body: { message: "Resource not accessible by personal access token" },
  });
  const [warning, ...others] = await warningsOf((report) => deploy("1.2.0", { direct: true }, report));
  expect([warning?.slice(0, 98), others, await image()]).toEqual([
    "older pull requests may be open, and would set the change back when they are merged: list pull req",
    [],
    "REGISTRY/acme/web:1.2.0",
  ]);
  expect(await git(flux.folder, ["log", "-1", "--format=%s", "main"])).toBe("deploy acme/web 1.2.0");
});
