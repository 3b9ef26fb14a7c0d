import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ownerOf } from "../../src/core/change/mark.ts";
import { readMarker } from "../../src/core/change/marker.ts";
import { FairleadError } from "../../src/library.ts";
import { git } from "../doubles/bare.ts";
import type { Registry } from "../doubles/registry.ts";
import { startFlux, startImages, type Flux } from "./flux.ts";

let registry: Registry;
let flux: Flux;
const settings = { collaborators: ["ann", "bob"], teams: ["platform"], milestones: ["Q4"], autoMerge: true };

beforeAll(async () => {
  registry = await startImages();
});
beforeEach(async () => {
  flux = await startFlux(registry, settings);
});
afterEach(() => flux[Symbol.asyncDispose]());
afterAll(() => registry.stop());

const deploy = (version: string, input: Readonly<Record<string, unknown>> = {}) =>
  flux.deployHere({ images: [flux.image(version)], ...input });
/** Each pull request as `NUMBER TITLE STATE`. */
const pulls = (): readonly string[] =>
  flux.github
    .pulls("acme/flux")
    .map(({ number, title, state, merged }) => `${number} ${title.replace("deploy acme/", "")} ${merged ? "merged" : state}`);
const merge = (number: number): Promise<string> => flux.github.mergePull("acme/flux", number);
const move = (): Promise<string> =>
  flux.github.commit("acme/flux", { branch: "main", files: { "README.md": "moved on\n" }, message: "Move" });
const image = async (branch = "main"): Promise<string> =>
  flux.plain(/image: (.*) # kept/.exec(await flux.read("apps/web/deployment.yaml", branch))?.[1] ?? "");
const refusal = async (doing: Promise<unknown>): Promise<string> => {
  const error: unknown = await doing.then(
    () => "no error",
    (failure: unknown) => failure,
  );
  return error instanceof FairleadError ? flux.plain(`${error.code}: ${error.message} (${error.hint})`) : String(error);
};

describe("the same change", () => {
  test("concurrent and repeated deployments of the same change make one pull request", async () => {
    const asked = await Promise.all([deploy("1.1.0"), deploy("1.1.0"), deploy("1.1.0")]);
    expect(new Set(asked.map((each) => JSON.stringify(each))).size).toBe(1);
    const before = flux.writes();
    expect(await flux.deploy(flux.image("1.1.0"))).toEqual(asked[0]);
    expect({ pulls: pulls(), writes: flux.writes() - before }).toEqual({ pulls: ["1 web 1.1.0 open"], writes: 0 });
  });

  test("a deployed change is not pushed again when only the base has moved, so reviews stay", async () => {
    const { commit } = await deploy("1.1.0");
    await move();
    expect(await deploy("1.1.0")).toMatchObject({ commit, pullRequest: { number: 1 } });
  });

  test("a deployed change is committed anew when the base has moved in the files it edits", async () => {
    const { commit, branch } = await deploy("1.1.0");
    const other = (await flux.read("apps/web/deployment.yaml")).replace("proxy:1.0.0", "proxy:1.3.0");
    const base = await flux.github.commit("acme/flux", {
      branch: "main",
      files: { "apps/web/deployment.yaml": `${other}\n` },
      message: "Other",
    });
    const again = await deploy("1.1.0");
    expect(again.commit).not.toBe(commit);
    expect(await git(flux.folder, ["rev-parse", `${branch}^`])).toBe(base);
    expect(flux.github.pulls("acme/flux")).toMatchObject([
      { number: 1, headSha: again.commit, body: expect.stringContaining(`commit=${again.commit}`) as string },
    ]);
  });

  test("deploying again restores an edited title and keeps a person's text below the marker", async () => {
    await deploy("1.1.0");
    const [made] = flux.github.pulls("acme/flux");
    const answer = await fetch(`${flux.github.apiUrl}/repos/acme/flux/pulls/1`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${flux.env.GITHUB_TOKEN}`, "user-agent": "a person", accept: "application/vnd.github+json" },
      body: JSON.stringify({ title: "by hand", body: `${made?.body}- [x] looked at\r\n` }),
    });
    expect(answer.status).toBe(200);
    await deploy("1.1.0");
    const [edited] = flux.github.pulls("acme/flux");
    expect([edited?.title, flux.plain(edited?.body ?? "")]).toEqual([made?.title, flux.plain(`${made?.body}- [x] looked at\r\n`)]);
  });

  test("deploying a version, its predecessor, and both again makes four pull requests", async () => {
    for (const [at, version] of ["1.1.0", "1.0.0", "1.1.0", "1.0.0"].entries()) {
      const { pullRequest } = await deploy(version);
      expect(pullRequest?.number).toBe(at + 1);
      await merge(at + 1);
    }
    expect(pulls()).toEqual(["1 web 1.1.0 merged", "2 web 1.0.0 merged", "3 web 1.1.0 merged", "4 web 1.0.0 merged"]);
    expect(await image()).toBe("REGISTRY/acme/web:1.0.0");
    expect(flux.github.pulls("acme/flux")[3]?.body).toContain("- the same change was asked for before: #2\n");
  });

  test("a change whose branch was merged and deleted gets a new pull request", async () => {
    const { branch } = await deploy("1.1.0");
    await merge(1);
    await git(flux.folder, ["branch", "-D", branch ?? ""]);
    await deploy("1.0.0");
    await merge(2);
    expect(await deploy("1.1.0")).toMatchObject({ pullRequest: { number: 3 }, previous: { number: 1, ended: "merged" } });
  });
});

describe("somebody else's commit", () => {
  const commitToo = (branch: string, files: Record<string, string>): Promise<string> =>
    flux.github.commit("acme/flux", { branch, files, message: "Mine" });

  test("somebody else's commit on the branch stays while the edit holds", async () => {
    const { branch } = await deploy("1.1.0");
    const theirs = await commitToo(branch ?? "", { "notes.md": "mine\n" });
    const again = await deploy("1.1.0");
    expect(again.commit).toBe(theirs);
    await move();
    expect(await deploy("1.1.0")).toMatchObject({ commit: theirs, pullRequest: { number: 1 } });
  });

  test("somebody else's commit that reverts the edit gets another commit on top", async () => {
    const { branch } = await deploy("1.1.0");
    const theirs = await commitToo(branch ?? "", {
      "apps/web/deployment.yaml": `${await flux.read("apps/web/deployment.yaml")}\n`,
      "notes.md": "mine\n",
    });
    const { commit } = await deploy("1.1.0");
    expect(await git(flux.folder, ["rev-parse", `${commit}^`])).toBe(theirs);
    expect([await image(branch ?? ""), await flux.read("notes.md", branch ?? "")]).toEqual(["REGISTRY/acme/web:1.1.0", "mine"]);
  });

  test("somebody else's commit survives a base that has moved in the same files", async () => {
    const { branch } = await deploy("1.1.0");
    const theirs = await commitToo(branch ?? "", { "notes.md": "mine\n" });
    const other = (await flux.read("apps/web/deployment.yaml")).replace("proxy:1.0.0", "proxy:1.3.0");
    await flux.github.commit("acme/flux", { branch: "main", files: { "apps/web/deployment.yaml": `${other}\n` }, message: "Other" });
    const warnings: string[] = [];
    const report = (entry: { type: string; message?: string }): void =>
      void (entry.type === "warning" && warnings.push(entry.message ?? ""));
    const { commit } = await flux.deployHere({ images: [flux.image("1.1.0")] }, { report });
    expect({ commit, warnings: warnings.map((text) => flux.plain(text)) }).toEqual({
      commit: theirs,
      warnings: [
        "branch fairlead/web-HASH of GITHUB/acme/flux: it is not on the base of today and may have commits of somebody else: it is left as it is",
      ],
    });
  });

  test("a superseded branch with somebody else's commit is not deleted", async () => {
    const { branch } = await deploy("1.1.0");
    await commitToo(branch ?? "", { "notes.md": "mine\n" });
    await deploy("1.2.0");
    expect(pulls()).toEqual(["1 web 1.1.0 closed", "2 web 1.2.0 open"]);
    expect(await flux.branches()).toContain(branch);
    expect(flux.github.comments("acme/flux", 1).map((text) => flux.plain(text))).toEqual([
      "Superseded by #2, which deploys another image to the same place. The branch `fairlead/web-HASH` stays, since it has commits that are not fairlead's.",
    ]);
  });

  test("a branch of the change's name without a pull request, with somebody else's commit, is a conflict", async () => {
    const { branch } = await flux.deployHere({ images: [flux.image("1.1.0")] }, { dryRun: true });
    await commitToo(branch ?? "", { "notes.md": "mine\n" });
    expect(await refusal(deploy("1.1.0"))).toBe(
      "conflict: push branch fairlead/web-HASH of GITHUB/acme/flux: it is there and holds something else (delete the branch if nobody needs it, and run it again)",
    );
    expect([pulls(), await flux.read("notes.md", branch ?? "")]).toEqual([[], "mine"]);
  });
});

describe("a newer change of the same target", () => {
  test("a newer change closes older pull requests of its target with a link, and deletes their branches", async () => {
    const older = await deploy("1.1.0");
    const proxy = await flux.deployHere({ images: [flux.image("1.1.0", "acme/proxy")] });
    expect(await deploy("1.2.0")).toMatchObject({ pullRequest: { number: 3 }, superseded: [1] });
    expect(pulls()).toEqual(["1 web 1.1.0 closed", "2 proxy 1.1.0 open", "3 web 1.2.0 open"]);
    expect(flux.github.comments("acme/flux", 1)).toEqual(["Superseded by #3, which deploys another image to the same place."]);
    const branches = await flux.branches();
    expect([branches.includes(older.branch ?? ""), branches.includes(proxy.branch ?? "")]).toEqual([false, true]);
  });

  test("a newer change leaves open the pull requests of forks, of people, and of other targets", async () => {
    const { branch } = await deploy("1.1.0", { only: "Job/shop/web-migrate" });
    const { body } = flux.github.pulls("acme/flux")[0]!;
    await flux.github.openFromFork("acme/flux", { owner: "stranger", head: branch ?? "", title: "theirs", body: body ?? "" });
    const other = { only: "Deployment/shop/web" };
    await deploy("1.1.0", other);
    await deploy("1.2.0", other);
    expect(pulls()).toEqual(["1 web 1.1.0 open", "2 theirs open", "3 web 1.1.0 closed", "4 web 1.2.0 open"]);
  });

  test("a superseded change may be deployed again", async () => {
    await deploy("1.1.0");
    await deploy("1.2.0");
    expect(await deploy("1.1.0")).toMatchObject({
      pullRequest: { number: 3 },
      previous: { number: 1, ended: "superseded" },
      superseded: [2],
    });
    expect(pulls()).toEqual(["1 web 1.1.0 closed", "2 web 1.2.0 closed", "3 web 1.1.0 open"]);
  });

  test("a newer change closes a pull request that a failed run left half closed", async () => {
    await deploy("1.1.0");
    flux.github.fail({ method: "DELETE", path: /\/git\/refs\//, status: 502 });
    expect(await refusal(deploy("1.2.0"))).toMatch(/^unavailable: close pull request #1 of GITHUB\/acme\/flux: GitHub answered 502/);
    expect(await deploy("1.2.0")).toMatchObject({ pullRequest: { number: 2 }, superseded: [1] });
    expect(flux.github.comments("acme/flux", 1)).toHaveLength(1);
    expect(await flux.branches()).toHaveLength(2);
  });
});

describe("a pull request that was closed by hand", () => {
  test("a pull request closed by hand makes the deployment fail until --reopen is given", async () => {
    await deploy("1.1.0");
    await flux.github.closePull("acme/flux", 1);
    const { code, stderr } = await flux.run(flux.image("1.1.0"));
    const told = stderr.split("\n").filter((line) => /^(fairlead|hint): /.test(line));
    expect(flux.plain([code, ...told].join("\n"))).toMatchInlineSnapshot(`
      "5
      fairlead: deploy REGISTRY/acme/web:1.1.0 to GITHUB/acme/flux: pull request #1 asked for it, and was closed without being merged
      hint: see http://GITHUB/acme/flux/pull/1, and ask again with --reopen"
    `);
    expect(await deploy("1.1.0", { reopen: true })).toMatchObject({ pullRequest: { number: 2 }, previous: { number: 1, ended: "closed" } });
    expect(pulls()).toEqual(["1 web 1.1.0 closed", "2 web 1.1.0 open"]);
  });

  test("a pull request closed by hand blocks nothing once another change of its target was merged", async () => {
    await deploy("1.1.0");
    await flux.github.closePull("acme/flux", 1);
    await flux.deployHere({ images: [flux.image("1.1.0", "acme/proxy")] });
    await merge(2);
    expect(await refusal(deploy("1.1.0"))).toMatch(/^conflict: /);
    await deploy("1.2.0");
    await merge(3);
    expect(await deploy("1.1.0")).toMatchObject({ pullRequest: { number: 4 } });
  });
});

describe("what is added to a pull request", () => {
  const everything = { labels: ["deploy"], reviewers: ["ann", "acme/platform"], assignees: ["bob"], milestone: "Q4", draft: true };

  test("labels, reviewers, assignees and milestone are set by one run, and requested once", async () => {
    await deploy("1.1.0", everything);
    expect(flux.github.additions("acme/flux", 1)).toEqual({
      ...{ labels: ["deploy"], assignees: ["bob"], reviewers: ["ann"], teams: ["platform"], milestone: "Q4", autoMerge: undefined },
    });
    expect(flux.github.pulls("acme/flux")).toMatchObject([{ draft: true }]);
    flux.github.approvePull("acme/flux", 1, "ann");
    const before = flux.writes();
    await deploy("1.1.0", everything);
    expect(flux.writes()).toBe(before);
  });

  test("labels and reviewers that a failed run left out are added by the next run", async () => {
    flux.github.fail({ method: "POST", path: /\/requested_reviewers$/, status: 500, times: 3 });
    expect(await refusal(deploy("1.1.0", everything))).toMatch(/^unavailable: /);
    await deploy("1.1.0", everything);
    expect(flux.github.additions("acme/flux", 1)).toMatchObject({ labels: ["deploy"], reviewers: ["ann"], teams: ["platform"] });
    expect(pulls()).toEqual(["1 web 1.1.0 open"]);
  });

  test("an unknown reviewer, assignee or milestone is an error that names it", async () => {
    expect([
      await refusal(deploy("1.1.0", { reviewers: ["nobody"] })),
      await refusal(deploy("1.1.0", { assignees: ["nobody"] })),
      await refusal(deploy("1.1.0", { milestone: "Q5" })),
    ]).toMatchInlineSnapshot(`
      [
        "input: edit pull request #1 of GITHUB/acme/flux: GitHub refused it: Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator. (undefined)",
        "input: assign nobody to pull request #1: they cannot be assigned in this repository (name users who may write to the repository)",
        "input: find milestone "Q5": the repository has no open one of that title (name one of: Q4)",
      ]
    `);
  });

  test("a given title and body are filled with the values of the deployment", async () => {
    await deploy("1.1.0", {
      title: "${{ repository }} → ${{ tag }}",
      body: "{x} ${{ commit }} ${{ compare }} ${{ source }}\n\n${{ changes }}",
    });
    const [pull] = flux.github.pulls("acme/flux");
    expect(flux.plain(`${pull?.title}\n${pull?.body}`)).toMatchInlineSnapshot(`
      "acme/web → 1.1.0
      {x} 1100000000000000000000000000000000000000 https://github.com/acme/web/compare/1000000000000000000000000000000000000000...1100000000000000000000000000000000000000 https://github.com/acme/web

      | where | what | from | to |
      |---|---|---|---|
      | \`apps/jobs/job.yaml:3\` | \`spec.template.spec.containers[0].image\` | \`REGISTRY/acme/web:1.0.0\` | \`REGISTRY/acme/web:1.1.0\` |
      | \`apps/web/deployment.yaml:8\` | \`spec.template.spec.containers[0].image\` | \`REGISTRY/acme/web:1.0.0\` | \`REGISTRY/acme/web:1.1.0\` |

      <!-- fairlead change=HASH target=HASH edit=HASH commit=SHA run=RUN -->
      "
    `);
    expect(await git(flux.folder, ["show", "--no-patch", "--format=%s", pull?.headSha ?? ""])).toBe("acme/web → 1.1.0");
  });
});

describe("auto-merge", () => {
  test("auto-merge waits for the required checks, then merges", async () => {
    await flux.github.setBlocked("acme/flux", true);
    await deploy("1.1.0", { autoMerge: "squash" });
    expect(flux.github.additions("acme/flux", 1).autoMerge).toBe("squash");
    const before = flux.writes();
    await deploy("1.1.0", { autoMerge: "squash" });
    expect(flux.writes()).toBe(before);
    await flux.github.setBlocked("acme/flux", false);
    expect([pulls(), await image()]).toEqual([["1 web 1.1.0 merged"], "REGISTRY/acme/web:1.1.0"]);
  });

  test("auto-merge merges an unblocked pull request at once", async () => {
    expect(await deploy("1.1.0", { autoMerge: "merge", wait: "merged" })).toMatchObject({
      waited: { commit: await git(flux.folder, ["rev-parse", "main"]).then(() => expect.any(String) as string), ready: false },
    });
    expect(pulls()).toEqual(["1 web 1.1.0 merged"]);
  });

  test.each([
    ["squash", "now", "deploy acme/web 1.1.0 (#1)"],
    ["squash", "later", "deploy acme/web 1.1.0 (#1)"],
    ["merge", "now", /^Merge pull request #1 from acme\/fairlead\/web-[0-9a-f]{12}$/],
    ["merge", "later", /^Merge pull request #1 from acme\/fairlead\/web-[0-9a-f]{12}$/],
  ] as const)(
    "the commit of an auto-merge by %s, done %s, bears fairlead's mark where a squash has the title alone",
    async (by, when, title) => {
      await using own = await startFlux(registry, { ...settings, squashByTitle: true, blocked: when === "later" });
      await own.deployHere({ images: [own.image("1.1.0")], autoMerge: by });
      if (when === "later") await own.github.setBlocked("acme/flux", false);
      const message = await git(own.folder, ["log", "-1", "--format=%B", "main"]);
      expect(message.split("\n")[0]).toMatch(title);
      expect(ownerOf(message)).toEqual(by === "merge" ? "merge" : { pull: 1 });
      expect(readMarker(message)).toEqual(readMarker(own.github.pulls("acme/flux")[0]!.body ?? ""));
    },
  );

  test("auto-merge goes through the merge queue of a branch that takes nothing else", async () => {
    flux.github.setMergeQueue("acme/flux");
    await deploy("1.1.0", { autoMerge: "squash" });
    expect(pulls()).toEqual(["1 web 1.1.0 merged"]);
  });

  test("auto-merge is enabled though a reviewer cannot be asked, and the others are", async () => {
    await flux.github.setBlocked("acme/flux", true);
    const failure = deploy("1.1.0", { autoMerge: "squash", reviewers: ["nobody-here", "ann"], labels: ["deploy"] });
    await expect(failure).rejects.toMatchObject({ code: "input", message: expect.stringContaining("not a collaborator") as string });
    expect(flux.github.additions("acme/flux", 1)).toMatchObject({ autoMerge: "squash", reviewers: ["ann"], labels: ["deploy"] });
  });

  test("auto-merge that the repository does not allow is an error, and the pull request stays open", async () => {
    await using strict = await startFlux(registry, { blocked: true });
    const failure = await strict.deployHere({ images: [strict.image("1.1.0")], autoMerge: "merge" }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "unsupported", hint: "allow auto-merge and this merge method in the repository's settings" });
    expect(strict.github.pulls("acme/flux")).toMatchObject([{ state: "open" }]);
  });
});
