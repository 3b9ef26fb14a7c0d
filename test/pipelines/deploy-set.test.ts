import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FairleadError, type ReportEntry } from "../../src/library.ts";
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

const web = (version: string): string => flux.image(version);
const proxy = (version: string): string => flux.image(version, "acme/proxy");
const deploy = (images: readonly string[], input: Readonly<Record<string, unknown>> = {}) => flux.deployHere({ images, ...input });
/** Deploys, and returns the warnings of the run too. */
const deployAloud = (...images: readonly string[]) => deployAloudTo("", ...images);
async function deployAloudTo(fluxPath: string, ...images: readonly string[]) {
  const warnings: string[] = [];
  const report = (entry: ReportEntry): void => void (entry.type === "warning" && warnings.push(flux.plain(entry.message)));
  return { ...(await flux.deployHere({ images, fluxPath }, { report })), warnings };
}
const pulls = (): readonly string[] =>
  flux.github
    .pulls("acme/flux")
    .map(({ number, title, state, merged }) => `${number} ${title.replaceAll("acme/", "")}: ${merged ? "merged" : state}`);
const running = async (branch = "main"): Promise<readonly string[]> => {
  const text = `${await flux.read("apps/web/deployment.yaml", branch)}\n${await flux.read("apps/jobs/job.yaml", branch)}`;
  return [...text.matchAll(/acme\/([\w-]+:[\d.]+)/g)].map(([, image = ""]) => image);
};
const refusal = async (doing: Promise<unknown>): Promise<string> => {
  const error: unknown = await doing.then(
    () => "no error",
    (failure: unknown) => failure,
  );
  return error instanceof FairleadError ? flux.plain(`${error.code}: ${error.message} (${error.hint})`) : String(error);
};
const failed = async (...args: readonly string[]): Promise<string> => {
  const { code, stderr } = await flux.run(...args);
  return flux.plain(`${code} ${/^fairlead: .*$/m.exec(stderr)?.[0]}`);
};

describe("deploy of two images", () => {
  test("deploy of two images opens one pull request with a section, source and trailers for each", async () => {
    const deployed = await flux.deploy(web("1.1.0"), proxy("1.2.0"));
    expect(deployed).toMatchObject({ image: web("1.1.0"), pullRequest: { number: 1 }, superseded: [] });
    expect(flux.plain(deployed.branch ?? "")).toBe("fairlead/proxy-and-1-more-HASH");
    expect(deployed.changes.map(({ file, line, to }) => flux.plain(`${file}:${line} ${to}`))).toEqual([
      "apps/jobs/job.yaml:3 REGISTRY/acme/web:1.1.0",
      "apps/web/deployment.yaml:8 REGISTRY/acme/web:1.1.0",
      "apps/web/deployment.yaml:10 REGISTRY/acme/proxy:1.2.0",
    ]);
    expect(deployed.images.map(({ image, source, changes }) => ({ image: flux.plain(image), ...source, places: changes.length }))).toEqual([
      {
        ...{ image: "REGISTRY/acme/web:1.1.0", repository: "github.com/acme/web", places: 2 },
        ...{ commit: "11".padEnd(40, "0"), since: "1".padEnd(40, "0") },
        compare: `https://github.com/acme/web/compare/${"1".padEnd(40, "0")}...${"11".padEnd(40, "0")}`,
      },
      {
        ...{ image: "REGISTRY/acme/proxy:1.2.0", repository: "github.com/acme/proxy", places: 1 },
        ...{ commit: "12".padEnd(40, "0"), since: "1".padEnd(40, "0") },
        compare: `https://github.com/acme/proxy/compare/${"1".padEnd(40, "0")}...${"12".padEnd(40, "0")}`,
      },
    ]);
    const [pull] = flux.github.pulls("acme/flux");
    expect(flux.plain(`${pull?.title}\n\n${pull?.body}`)).toMatchInlineSnapshot(`
      "deploy acme/proxy 1.2.0 and acme/web 1.1.0

      Deploys 2 images.

      - run: \`RUN\`

      ### \`REGISTRY/acme/proxy:1.2.0\`

      | where | what | from | to |
      |---|---|---|---|
      | \`apps/web/deployment.yaml:10\` | \`spec.template.spec.containers[1].image\` | \`REGISTRY/acme/proxy:1.0.0\` | \`REGISTRY/acme/proxy:1.2.0\` |

      - commit: https://github.com/acme/proxy at \`1200000000000000000000000000000000000000\`
      - what is new: https://github.com/acme/proxy/compare/1000000000000000000000000000000000000000...1200000000000000000000000000000000000000

      ### \`REGISTRY/acme/web:1.1.0\`

      | where | what | from | to |
      |---|---|---|---|
      | \`apps/jobs/job.yaml:3\` | \`spec.template.spec.containers[0].image\` | \`REGISTRY/acme/web:1.0.0\` | \`REGISTRY/acme/web:1.1.0\` |
      | \`apps/web/deployment.yaml:8\` | \`spec.template.spec.containers[0].image\` | \`REGISTRY/acme/web:1.0.0\` | \`REGISTRY/acme/web:1.1.0\` |

      - commit: https://github.com/acme/web at \`1100000000000000000000000000000000000000\`
      - what is new: https://github.com/acme/web/compare/1000000000000000000000000000000000000000...1100000000000000000000000000000000000000

      <!-- fairlead change=HASH target=HASH,HASH edit=HASH commit=SHA run=RUN -->
      "
    `);
    expect(flux.plain(await git(flux.folder, ["show", "--no-patch", "--format=%B", deployed.commit ?? ""]))).toMatchInlineSnapshot(`
      "deploy acme/proxy 1.2.0 and acme/web 1.1.0

      apps/web/deployment.yaml:10: REGISTRY/acme/proxy:1.0.0 → REGISTRY/acme/proxy:1.2.0
      apps/jobs/job.yaml:3: REGISTRY/acme/web:1.0.0 → REGISTRY/acme/web:1.1.0
      apps/web/deployment.yaml:8: REGISTRY/acme/web:1.0.0 → REGISTRY/acme/web:1.1.0

      Image: REGISTRY/acme/proxy:1.2.0
      Image-Digest: sha256:DIGEST
      Source: https://github.com/acme/proxy
      Source-Commit: 1200000000000000000000000000000000000000
      Image: REGISTRY/acme/web:1.1.0
      Image-Digest: sha256:DIGEST
      Source: https://github.com/acme/web
      Source-Commit: 1100000000000000000000000000000000000000
      Run: RUN
      Target: HASH
      Target: HASH
      "
    `);
    expect(await running(deployed.branch ?? "")).toEqual(["web:1.1.0", "proxy:1.2.0", "web:1.1.0"]);
  });

  test("a second deploy of two images, in any order, changes nothing", async () => {
    const first = await deploy([web("1.1.0"), proxy("1.2.0")]);
    const before = flux.writes();
    const again = await deploy([proxy("1.2.0"), web("1.1.0"), proxy("1.2.0")]);
    expect(again).toEqual({ ...first, image: proxy("1.2.0"), images: first.images.toReversed() });
    expect(flux.writes()).toBe(before);
  });

  test("a dry run of two images shows both diffs and changes nothing", async () => {
    const { code, stdout } = await flux.run(web("1.1.0"), proxy("1.2.0"), "--dry-run");
    expect(`${code}\n${flux.plain(stdout)}`).toMatchInlineSnapshot(`
      "0
      push-branch GITHUB/acme/flux REGISTRY/acme/proxy:1.2.0 REGISTRY/acme/web:1.1.0
        + create branch GITHUB/acme/flux fairlead/proxy-and-1-more-HASH
          --- a/apps/jobs/job.yaml
          +++ b/apps/jobs/job.yaml
          @@ -1,3 +1,3 @@
           kind: Job
           metadata: { name: web-migrate, namespace: shop }
          -spec: { template: { spec: { containers: [{ name: migrate, image: "REGISTRY/acme/web:1.0.0" }] } } }
          +spec: { template: { spec: { containers: [{ name: migrate, image: "REGISTRY/acme/web:1.1.0" }] } } }
          --- a/apps/web/deployment.yaml
          +++ b/apps/web/deployment.yaml
          @@ -5,6 +5,6 @@
               spec:
                 containers:
                   - name: web
          -          image: REGISTRY/acme/web:1.0.0 # kept
          +          image: REGISTRY/acme/web:1.1.0 # kept
                   - name: proxy
          -          image: REGISTRY/acme/proxy:1.0.0
          +          image: REGISTRY/acme/proxy:1.2.0
      open-pull-request GITHUB/acme/flux fairlead/proxy-and-1-more-HASH → main
        + create pull request GITHUB/acme/flux fairlead/proxy-and-1-more-HASH → main: deploy acme/proxy 1.2.0 and acme/web 1.1.0
      close-pull-request GITHUB/acme/flux older than fairlead/proxy-and-1-more-HASH: unchanged
      plan: 2 to create; nothing was changed
      "
    `);
    expect(flux.writes()).toBe(0);
  });

  test("deploy of two images changes only the one that the base lacks, as the change of both", async () => {
    const deployed = await deploy([web("1.0.0"), proxy("1.2.0")]);
    expect(deployed.images.map(({ changes }) => changes.length)).toEqual([0, 1]);
    expect(pulls()).toEqual(["1 deploy proxy 1.2.0 and web 1.0.0: open"]);
    expect(flux.github.pulls("acme/flux")[0]?.body).toContain("The base branch deploys it already.");
    expect(await running(deployed.branch ?? "")).toEqual(["web:1.0.0", "proxy:1.2.0", "web:1.0.0"]);
  });

  test("deploy of two images opens no pull request when the base has both", async () => {
    expect(await deploy([web("1.0.0"), proxy("1.0.0")])).toMatchObject({ branch: null, pullRequest: null, changes: [] });
    expect(flux.writes()).toBe(0);
  });

  test("deploy of two images renews its branch with the rest after one was merged alone", async () => {
    const { branch } = await deploy([web("1.1.0"), proxy("1.2.0")]);
    await deploy([proxy("1.2.0")]);
    await flux.github.mergePull("acme/flux", 2);
    expect(await deploy([web("1.1.0"), proxy("1.2.0")])).toMatchObject({ branch, pullRequest: { number: 1 } });
    expect(await git(flux.folder, ["diff", "--numstat", "main", branch ?? ""])).toBe(
      "1\t1\tapps/jobs/job.yaml\n1\t1\tapps/web/deployment.yaml",
    );
    await flux.github.mergePull("acme/flux", 1);
    expect(await running()).toEqual(["web:1.1.0", "proxy:1.2.0", "web:1.1.0"]);
  });

  test("deploy of two images with --direct makes one commit", async () => {
    const before = await git(flux.folder, ["rev-parse", "main"]);
    const { commit } = await deploy([web("1.1.0"), proxy("1.2.0")], { direct: true });
    expect(await git(flux.folder, ["rev-parse", "main^"])).toBe(before);
    expect([await git(flux.folder, ["rev-parse", "main"]), await running()]).toEqual([commit, ["web:1.1.0", "proxy:1.2.0", "web:1.1.0"]]);
  });

  test("deploy of two images with --only sets both in the named object and nowhere else", async () => {
    const { changes } = await deploy([web("1.1.0"), proxy("1.2.0")], { only: "Deployment/shop/web" });
    expect(changes.map(({ file, line }) => `${file}:${line}`)).toEqual(["apps/web/deployment.yaml:8", "apps/web/deployment.yaml:10"]);
  });
});

test("deploy of images that cannot be deployed together says why, before anything is written", async () => {
  const many = Array.from({ length: 51 }, (_, at) => flux.image("1.0.0", `acme/app-${at}`));
  expect([
    await failed(web("1.1.0"), flux.image("1.0", "acme/nowhere"), flux.image("2", "acme/neither"), "--unchecked"),
    await failed(web("1.1.0"), proxy("1.1.0"), "--only", "Job/shop/web-migrate"),
    await failed(web("1.1.0"), proxy("1.1.0"), web("1.2.0")),
    await failed(web("1.1.0"), `${web("1.1.0")}@sha256:${"a".repeat(64)}`),
    await failed(web("1.1.0"), proxy("1.1.0").replace(":1.1.0", "")),
    await failed(web("1.1.0"), "Not/An/Image"),
    await failed(...many),
    await failed(),
  ]).toMatchInlineSnapshot(`
    [
      "4 fairlead: set REGISTRY/acme/neither:2: no manifest refers to REGISTRY/acme/neither; set REGISTRY/acme/nowhere:1.0: no manifest refers to REGISTRY/acme/nowhere",
      "4 fairlead: set REGISTRY/acme/proxy:1.1.0 in Job/shop/web-migrate: there is no such object, or it does not refer to REGISTRY/acme/proxy",
      "2 fairlead: deploy: IMAGE: REGISTRY/acme/web has more than one value: REGISTRY/acme/web:1.1.0, REGISTRY/acme/web:1.2.0",
      "2 fairlead: deploy: IMAGE: REGISTRY/acme/web has more than one value: REGISTRY/acme/web:1.1.0, REGISTRY/acme/web:1.1.0@sha256:DIGEST",
      "2 fairlead: deploy: IMAGE: read image reference "REGISTRY/acme/proxy": it has no tag",
      "2 fairlead: deploy: IMAGE: read image reference "Not/An/Image": repository "Not/An/Image" has capital letters",
      "2 fairlead: deploy: IMAGE: there are more than 50",
      "2 fairlead: deploy: IMAGE: it is missing",
    ]
  `);
  expect(flux.writes()).toBe(0);
});

describe("a newer deployment", () => {
  test("a newer deployment of the same images closes the older pull request", async () => {
    const { branch } = await deploy([web("1.1.0"), proxy("1.1.0")]);
    expect(await deployAloud(proxy("1.2.0"), web("1.2.0"))).toMatchObject({ pullRequest: { number: 2 }, superseded: [1], warnings: [] });
    expect(pulls()).toEqual(["1 deploy proxy 1.1.0 and web 1.1.0: closed", "2 deploy proxy 1.2.0 and web 1.2.0: open"]);
    expect(flux.github.comments("acme/flux", 1)).toEqual(["Superseded by #2, which deploys other images to the same places."]);
    expect(await flux.branches()).not.toContain(branch);
  });

  test("a newer deployment of more images closes the pull requests of single ones", async () => {
    await deploy([web("1.1.0")]);
    await deploy([proxy("1.1.0")]);
    expect(await deployAloud(web("1.2.0"), proxy("1.1.0"))).toMatchObject({ superseded: [2, 1], warnings: [] });
    expect(pulls().map((pull) => pull.replace(/.*: /, ""))).toEqual(["closed", "closed", "open"]);
  });

  test("a newer deployment of fewer images leaves the older pull request open, and warns of a rollback", async () => {
    await deploy([web("1.1.0"), proxy("1.1.0")]);
    const { superseded, warnings } = await deployAloud(web("1.2.0"));
    expect({ superseded, warnings }).toEqual({
      superseded: [],
      warnings: [
        "pull request GITHUB/acme/flux#1 stays open: it sets some of the same places, and others too. If it is merged later, it may set them back: close it, or ask again for all that it sets",
      ],
    });
    expect(await deployAloud(web("1.2.0"), proxy("1.1.0"))).toMatchObject({ superseded: [2, 1], warnings: [] });
    expect(pulls().map((pull) => pull.replace(/.*: /, ""))).toEqual(["closed", "closed", "open"]);
  });

  test("a newer deployment neither closes nor warns of pull requests for other images or another target", async () => {
    await deploy([web("1.1.0")], { fluxPath: "apps/jobs" });
    expect(await deployAloudTo("apps/web", web("1.2.0"), proxy("1.2.0"))).toMatchObject({ superseded: [], leftOpen: [], warnings: [] });
    await flux.github.closePull("acme/flux", 2);
    await deploy([web("1.3.0")]);
    expect(await deployAloud(proxy("1.3.0"))).toMatchObject({ superseded: [], leftOpen: [], warnings: [] });
  });
});

describe("a set that was closed by hand", () => {
  test("a set closed by hand is refused, with its images named, until --reopen is given", async () => {
    await deploy([web("1.1.0"), proxy("1.1.0")]);
    await flux.github.closePull("acme/flux", 1);
    expect(await refusal(deploy([proxy("1.1.0"), web("1.1.0")]))).toBe(
      "conflict: deploy REGISTRY/acme/proxy:1.1.0 and REGISTRY/acme/web:1.1.0 to GITHUB/acme/flux: pull request #1 asked for it, and was closed without being merged (see http://GITHUB/acme/flux/pull/1, and ask again with --reopen)",
    );
    expect(await deploy([web("1.1.0"), proxy("1.1.0")], { reopen: true })).toMatchObject({
      pullRequest: { number: 2 },
      previous: { number: 1, ended: "closed" },
    });
  });

  test("a set closed by hand is accepted once other changes of all its images were merged", async () => {
    await deploy([web("1.1.0"), proxy("1.1.0")]);
    await flux.github.closePull("acme/flux", 1);
    await deploy([web("1.2.0")]);
    await flux.github.mergePull("acme/flux", 2);
    expect(await refusal(deploy([web("1.1.0"), proxy("1.1.0")]))).toMatch(/^conflict: /);
    await deploy([proxy("1.2.0")]);
    await flux.github.mergePull("acme/flux", 3);
    expect(await deploy([web("1.1.0"), proxy("1.1.0")])).toMatchObject({ pullRequest: { number: 4 } });
  });
});

test("somebody else's commit on the branch of a set is kept, and what it took back of one image is set again", async () => {
  const { branch } = await deploy([web("1.1.0"), proxy("1.1.0")]);
  const taken = (await flux.read("apps/web/deployment.yaml", branch ?? "")).replace("proxy:1.1.0", "proxy:1.0.0");
  const files = { "apps/web/deployment.yaml": `${taken}\n`, "notes.md": "mine\n" };
  const theirs = await flux.github.commit("acme/flux", { branch: branch ?? "", files, message: "Mine" });
  const { commit } = await deploy([web("1.1.0"), proxy("1.1.0")]);
  expect(await git(flux.folder, ["rev-parse", `${commit}^`])).toBe(theirs);
  expect(await git(flux.folder, ["diff", "--numstat", theirs, commit ?? ""])).toBe("1\t1\tapps/web/deployment.yaml");
  expect([await running(branch ?? ""), await flux.read("notes.md", branch ?? "")]).toEqual([
    ["web:1.1.0", "proxy:1.1.0", "web:1.1.0"],
    "mine",
  ]);
  expect(await deployAloud(web("1.2.0"), proxy("1.2.0"))).toMatchObject({ superseded: [1] });
  expect(await flux.branches()).toContain(branch);
});

describe("concurrent deployments", () => {
  test("concurrent deployments of the same set, in any order, open one pull request", async () => {
    const asked = await Promise.all([
      deploy([web("1.1.0"), proxy("1.1.0")]),
      deploy([proxy("1.1.0"), web("1.1.0")]),
      deploy([web("1.1.0"), proxy("1.1.0")]),
    ]);
    expect(new Set(asked.map(({ branch, pullRequest }) => `${branch} ${pullRequest?.number}`)).size).toBe(1);
    expect(pulls()).toEqual(["1 deploy proxy 1.1.0 and web 1.1.0: open"]);
  });

  test("concurrent deployments of two sets of the same images leave only the later pull request open", async () => {
    await Promise.all([deploy([web("1.1.0"), proxy("1.1.0")]), deploy([web("1.2.0"), proxy("1.2.0")])]);
    expect(pulls().map((pull) => pull.replace(/ deploy.*: /, " "))).toEqual(["1 closed", "2 open"]);
  });

  test("concurrent direct deployments of a set and a single image to one branch both land", async () => {
    const files = { "other.yaml": `kind: Pod\nspec: { containers: [{ image: ${flux.image("1.0.0", "acme/other")} }] }\n` };
    await flux.github.commit("acme/flux", { branch: "main", files, message: "Other" });
    await Promise.all([
      deploy([web("1.1.0"), proxy("1.2.0")], { direct: true }),
      deploy([flux.image("2.0.0", "acme/other")], { direct: true, unchecked: true }),
    ]);
    expect(await running()).toEqual(["web:1.1.0", "proxy:1.2.0", "web:1.1.0"]);
    expect(await flux.read("other.yaml")).toContain("acme/other:2.0.0");
  });
});
