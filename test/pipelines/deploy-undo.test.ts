/** No open pull request that would undo a deployment is passed over: what counts is what it edits, not what it says of itself. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { git } from "../doubles/bare.ts";
import { startFlux, startImages, type Flux } from "./flux.ts";
import type { Registry } from "../doubles/registry.ts";

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

const file = "apps/web/deployment.yaml";
const only = "Deployment/shop/web";
const field = `${only}#spec.template.spec.containers[0].image`;
const spelled = `${only}#spec["template"].spec.containers[0].image`;

/** Deploys one version of an image, and returns what became of other pull requests. */
const deploy = async (version: string, input: Readonly<Record<string, unknown>> = {}) => {
  const warnings: string[] = [];
  const report = (entry: { readonly type: string; readonly message?: string }): void => {
    if (entry.type === "warning") warnings.push(flux.plain(entry.message ?? ""));
  };
  const { superseded, leftOpen } = await flux.deployHere({ images: [flux.image(version)], ...input }, { report });
  return { superseded, leftOpen, warnings };
};
/** Sends a request to GitHub as the token's owner. */
const send = async (method: string, path: string, body: object): Promise<void> => {
  const headers = { authorization: `Bearer ${flux.env.GITHUB_TOKEN}`, "content-type": "application/json" };
  const answer = await fetch(`${flux.env.GITHUB_API_URL}/repos/acme/flux${path}`, { method, headers, body: JSON.stringify(body) });
  expect(answer.ok).toBe(true);
};
/** Opens a person's pull request that replaces text of a file. */
const openOwn = async (branch: string, from: string, to: string): Promise<void> => {
  const text = (await flux.read(file)).replace(from, to);
  await flux.github.commit("acme/flux", { branch, files: { [file]: text }, message: branch });
  await send("POST", "/pulls", { title: branch, head: branch, base: "main" });
};

const closed = { superseded: [1], leftOpen: [], warnings: [] };
const setsMore =
  "pull request GITHUB/acme/flux#1 stays open: it sets some of the same places, and others too. If it is merged later, it may set them back: close it, or ask again for all that it sets";
const isNotOurs = (number: number) =>
  `pull request GITHUB/acme/flux#${number} stays open: it sets some of the same places, and is not fairlead's. If it is merged later, it may set them back: close it, or change it`;

describe("a rollback closes a pull request that set the same place by another name of it", () => {
  test.each([
    ["a folder, by an object", { fluxPath: "apps/web" }, { only }],
    ["an object, by a folder", { only }, { fluxPath: "apps/web" }],
    ["a field, by a field above it", { only: field }, { only: `${only}#spec` }],
    ["a field, by a field above it that has another spelling", { only: field }, { only: `${only}#spec["template"]` }],
    ["a field, by another spelling of it", { only: field }, { only: spelled }],
    ["an object in a folder, by the same object in a file's folder", { only, fluxPath: "apps" }, { only, fluxPath: "apps/web" }],
  ])("a rollback closes the open pull request of %s", async (_how, asked, back) => {
    await deploy("1.1.0", asked);
    expect(await deploy("1.0.0", back)).toEqual(closed);
    expect(await flux.branches()).toEqual(["main"]);
  });

  test("a pull request that sets more than the rollback stays open, with a warning", async () => {
    await deploy("1.1.0", { fluxPath: "apps" });
    expect(await deploy("1.0.0", { only })).toEqual({ superseded: [], leftOpen: [1], warnings: [setsMore] });
  });

  test("a pull request of the same image in another folder stays open without a word", async () => {
    await deploy("1.1.0", { fluxPath: "apps/jobs" });
    expect(await deploy("1.0.0", { only })).toEqual({ superseded: [], leftOpen: [], warnings: [] });
  });
});

describe("a rollback closes fairlead's pull request whose body does not say so any more", () => {
  test.each([
    ["was written anew by a person", () => "Please review this, thanks"],
    ["is quoted below itself", (body: string) => `${body}\n${body}`],
    ["is empty", () => ""],
  ])("the body %s", async (_how, write) => {
    await deploy("1.1.0");
    await send("PATCH", "/pulls/1", { body: write(flux.github.pulls("acme/flux")[0]?.body ?? "") });
    expect(await deploy("1.0.0")).toEqual(closed);
    // It was not closed by hand, and may be asked for again.
    expect(await flux.deployHere({ images: [flux.image("1.1.0")] })).toMatchObject({ previous: { number: 1, ended: "superseded" } });
  });

  test("a body without a marker, and a person's commit on the branch: it stays open, with a warning", async () => {
    await deploy("1.1.0");
    const { head } = flux.github.pulls("acme/flux")[0]!;
    await flux.github.commit("acme/flux", { branch: head, files: { "notes.md": "mine\n" }, message: "Mine" });
    await send("PATCH", "/pulls/1", { body: "mine now" });
    expect(await deploy("1.0.0")).toEqual({ superseded: [], leftOpen: [1], warnings: [isNotOurs(1)] });
  });

  test("its base is another than it was opened to", async () => {
    await git(flux.folder, ["branch", "next", "main"]);
    await deploy("1.1.0", { fluxBranch: "next" });
    await send("PATCH", "/pulls/1", { base: "main" });
    expect(await deploy("1.0.0")).toEqual(closed);
  });

  test("its base is another, and it would bring more from there: it stays open, with a warning", async () => {
    await flux.github.commit("acme/flux", { branch: "next", files: { "next.md": "1\n" }, message: "Next" });
    await deploy("1.1.0", { fluxBranch: "next" });
    await send("PATCH", "/pulls/1", { base: "main" });
    expect(await deploy("1.0.0")).toEqual({ superseded: [], leftOpen: [1], warnings: [setsMore] });
  });
});

describe("a person's pull request", () => {
  test.each([
    ["by a pull request", "1.2.0", {}],
    ["by --direct", "1.2.0", { direct: true }],
    ["of what the base has", "1.0.0", {}],
  ])("one that sets the same image stays open after a deployment %s, with a warning", async (_how, version, input) => {
    await openOwn("bump", "web:1.0.0", "web:1.3.0");
    expect(await deploy(version, input)).toEqual({ superseded: [], leftOpen: [1], warnings: [isNotOurs(1)] });
  });

  test("one that changes something else of the file is passed over, also when the base has moved since", async () => {
    await openOwn("other", "proxy:1.0.0", "proxy:1.3.0");
    for (const version of ["1.1.0", "1.2.0"])
      expect(await deploy(version, { direct: true })).toEqual({ superseded: [], leftOpen: [], warnings: [] });
  });

  test("files of pull requests are asked for once, and none is read of those that change no manifest of the image", async () => {
    for (const branch of ["one", "two", "three"]) {
      await flux.github.commit("acme/flux", { branch, files: { [`docs/${branch}.md`]: "x\n" }, message: branch });
      await send("POST", "/pulls", { title: branch, head: branch, base: "main" });
    }
    await flux.deployHere({ images: [flux.image("1.1.0", "acme/proxy")] });
    const before = flux.github.requests.length;
    expect(await deploy("1.2.0", { direct: true })).toEqual({ superseded: [], leftOpen: [], warnings: [] });
    const asked = flux.github.requests.slice(before).map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`);
    const look = ["GET /repos/acme/flux/pulls", "POST /api/graphql", "POST /api/graphql"];
    expect(asked.filter((each) => !each.includes(" /acme/flux/"))).toEqual([...look, ...look]); // before the push, and after it
  });

  test("other pull requests that cannot be read are a warning, and the deployment is done", async () => {
    await openOwn("bump", "web:1.0.0", "web:1.3.0");
    flux.github.fail({
      method: "POST",
      path: /graphql$/,
      status: 403,
      times: 4,
      body: { message: "Resource not accessible by personal access token" },
    });
    const { warnings, ...rest } = await deploy("1.2.0", { direct: true });
    expect([rest, warnings.map((each) => each.replace(/(?<=merged: |left: ).*/, ""))]).toEqual([
      { superseded: [], leftOpen: [] },
      ["other open pull requests may set the change back when they are merged: ", "branches of runs that were stopped may be left: "],
    ]);
  });
});
