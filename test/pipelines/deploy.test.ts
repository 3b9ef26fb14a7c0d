import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DeployResult } from "../../src/pipelines/deploy.ts";
import { git } from "../doubles/bare.ts";
import type { Registry } from "../doubles/registry.ts";
import { sourceCommit, startFlux, startImages, type Flux } from "./flux.ts";

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

describe("fairlead deploy", () => {
  let registry: Registry;
  let flux: Flux;
  const shown = (value: unknown): string => flux.plain(JSON.stringify(value, null, 2));
  /** Returns what the branch changes: lines taken out and put in. */
  const diff = async ({ commit }: DeployResult, base = "main"): Promise<string> => {
    const lines = await git(flux.folder, ["diff", "--unified=0", base, commit ?? ""]);
    const changed = lines.split("\n").filter((line) => /^(\+\+\+|[-+][^-+])/.test(line));
    return flux.plain(changed.join("\n"));
  };
  const failed = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await flux.run(...args);
    return flux.plain(`${code} ${/^fairlead: .*$/m.exec(stderr)?.[0]}`);
  };

  beforeAll(async () => {
    registry = await startImages();
  });
  beforeEach(async () => {
    flux = await startFlux(registry);
  });
  afterEach(() => flux[Symbol.asyncDispose]());
  afterAll(() => registry.stop());

  test("deploy opens a pull request whose commit changes every reference and nothing else", async () => {
    const deployed = await flux.deploy(flux.image("1.1.0"));
    expect(shown(deployed)).toMatchInlineSnapshot(`
      "{
        "image": "REGISTRY/acme/web:1.1.0",
        "branch": "fairlead/web-HASH",
        "commit": "SHA",
        "changed": true,
        "changes": [
          {
            "file": "apps/jobs/job.yaml",
            "document": 0,
            "path": "spec.template.spec.containers[0].image",
            "line": 3,
            "from": "REGISTRY/acme/web:1.0.0",
            "to": "REGISTRY/acme/web:1.1.0"
          },
          {
            "file": "apps/web/deployment.yaml",
            "document": 0,
            "path": "spec.template.spec.containers[0].image",
            "line": 8,
            "from": "REGISTRY/acme/web:1.0.0",
            "to": "REGISTRY/acme/web:1.1.0"
          }
        ],
        "previous": null,
        "pullRequest": {
          "number": 1,
          "url": "http://GITHUB/acme/flux/pull/1"
        },
        "superseded": [],
        "leftOpen": [],
        "waited": null,
        "images": [
          {
            "image": "REGISTRY/acme/web:1.1.0",
            "digest": "sha256:DIGEST",
            "source": {
              "repository": "github.com/acme/web",
              "commit": "1100000000000000000000000000000000000000",
              "since": "1000000000000000000000000000000000000000",
              "compare": "https://github.com/acme/web/compare/1000000000000000000000000000000000000000...1100000000000000000000000000000000000000"
            },
            "changes": [
              {
                "file": "apps/jobs/job.yaml",
                "document": 0,
                "path": "spec.template.spec.containers[0].image",
                "line": 3,
                "from": "REGISTRY/acme/web:1.0.0",
                "to": "REGISTRY/acme/web:1.1.0"
              },
              {
                "file": "apps/web/deployment.yaml",
                "document": 0,
                "path": "spec.template.spec.containers[0].image",
                "line": 8,
                "from": "REGISTRY/acme/web:1.0.0",
                "to": "REGISTRY/acme/web:1.1.0"
              }
            ]
          }
        ]
      }"
    `);
    expect(await diff(deployed)).toMatchInlineSnapshot(`
      "+++ b/apps/jobs/job.yaml
      -spec: { template: { spec: { containers: [{ name: migrate, image: "REGISTRY/acme/web:1.0.0" }] } } }
      +spec: { template: { spec: { containers: [{ name: migrate, image: "REGISTRY/acme/web:1.1.0" }] } } }
      +++ b/apps/web/deployment.yaml
      -          image: REGISTRY/acme/web:1.0.0 # kept
      +          image: REGISTRY/acme/web:1.1.0 # kept"
    `);
    const message = await git(flux.folder, ["show", "--no-patch", "--format=%an <%ae>%n%P%n%B", deployed.commit ?? ""]);
    expect(flux.plain(message)).toMatchInlineSnapshot(`
      "fairlead <fairlead@fairlead.invalid>
      SHA
      deploy acme/web 1.1.0

      apps/jobs/job.yaml:3: REGISTRY/acme/web:1.0.0 → REGISTRY/acme/web:1.1.0
      apps/web/deployment.yaml:8: REGISTRY/acme/web:1.0.0 → REGISTRY/acme/web:1.1.0

      Image: REGISTRY/acme/web:1.1.0
      Image-Digest: sha256:DIGEST
      Source: https://github.com/acme/web
      Source-Commit: 1100000000000000000000000000000000000000
      Run: RUN
      Target: HASH
      "
    `);
    const [pull] = flux.github.pulls("acme/flux");
    expect(flux.plain(`${pull?.title}\n\n${pull?.body}`)).toMatchInlineSnapshot(`
      "deploy acme/web 1.1.0

      Deploys \`REGISTRY/acme/web:1.1.0\`.

      | where | what | from | to |
      |---|---|---|---|
      | \`apps/jobs/job.yaml:3\` | \`spec.template.spec.containers[0].image\` | \`REGISTRY/acme/web:1.0.0\` | \`REGISTRY/acme/web:1.1.0\` |
      | \`apps/web/deployment.yaml:8\` | \`spec.template.spec.containers[0].image\` | \`REGISTRY/acme/web:1.0.0\` | \`REGISTRY/acme/web:1.1.0\` |

      - commit: https://github.com/acme/web at \`1100000000000000000000000000000000000000\`
      - what is new: https://github.com/acme/web/compare/1000000000000000000000000000000000000000...1100000000000000000000000000000000000000
      - run: \`RUN\`

      <!-- fairlead change=HASH target=HASH edit=HASH commit=SHA run=RUN -->
      "
    `);
  });

  test("a dry run shows the diff and what would be opened, and changes nothing", async () => {
    const { code, stdout } = await flux.run(flux.image("1.1.0"), "--label", "deploy", "--dry-run");
    expect(`${code}\n${flux.plain(stdout)}`).toMatchInlineSnapshot(`
      "0
      push-branch GITHUB/acme/flux REGISTRY/acme/web:1.1.0
        + create branch GITHUB/acme/flux fairlead/web-HASH
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
                     image: REGISTRY/acme/proxy:1.0.0
      open-pull-request GITHUB/acme/flux fairlead/web-HASH → main
        + create pull request GITHUB/acme/flux fairlead/web-HASH → main: deploy acme/web 1.1.0
        ~ update pull request GITHUB/acme/flux fairlead/web-HASH → main: labels: deploy
      close-pull-request GITHUB/acme/flux older than fairlead/web-HASH: unchanged
      plan: 2 to create, 1 to update; nothing was changed
      "
    `);
    expect(flux.writes()).toBe(0);
  });

  test("a second run changes nothing and says the same", async () => {
    const first = await flux.deploy(flux.image("1.1.0"));
    const before = flux.writes();
    const requests = flux.github.requests.length;
    expect(await flux.deploy(flux.image("1.1.0"))).toEqual(first);
    expect(flux.writes()).toBe(before);
    expect(flux.github.requests.slice(requests).map(({ method, path }) => flux.plain(`${method} ${path}`))).toMatchInlineSnapshot(`
      [
        "GET /acme/flux/info/refs?service=git-upload-pack",
        "GET /acme/flux/info/refs?service=git-upload-pack",
        "POST /acme/flux/git-upload-pack",
        "GET /acme/flux/info/refs?service=git-upload-pack",
        "GET /acme/flux/info/refs?service=git-upload-pack",
        "POST /acme/flux/git-upload-pack",
        "GET /acme/flux/info/refs?service=git-upload-pack",
        "GET /acme/flux/info/refs?service=git-upload-pack",
        "POST /acme/flux/git-upload-pack",
        "GET /acme/flux/info/refs?service=git-upload-pack",
        "GET /acme/flux/info/refs?service=git-upload-pack",
        "POST /acme/flux/git-upload-pack",
        "GET /repos/acme/flux/pulls?base=main&state=all&per_page=100&sort=created&direction=desc&head=acme%3Afairlead%2Fweb-HASH",
        "GET /repos/acme/flux/pulls?base=main&state=open&per_page=100&sort=created&direction=desc",
        "POST /api/graphql",
        "GET /repos/acme/flux/pulls?base=main&state=open&per_page=100&sort=created&direction=desc",
      ]
    `);
  });

  test("an image that the base deploys already needs no pull request", async () => {
    const head = await git(flux.folder, ["rev-parse", "main"]);
    expect(await flux.deploy(flux.image("1.0.0"))).toEqual({
      ...{ image: flux.image("1.0.0"), branch: null, commit: head, changed: false, changes: [], pullRequest: null },
      ...{ previous: null, superseded: [], leftOpen: [], waited: null },
      images: [
        {
          ...{ image: flux.image("1.0.0"), digest: expect.stringMatching(/^sha256:/) as string, changes: [] },
          source: { repository: "github.com/acme/web", commit: sourceCommit("1.0.0"), since: null, compare: null },
        },
      ],
    });
    expect(flux.writes()).toBe(0);
  });

  test("a digest goes where there is a key for it", async () => {
    const pinned = `kind: Kustomization\nimages:\n  - name: web\n    newName: ${registry.host}/acme/pinned\n    digest: ${digest("a")}\n`;
    await flux.github.commit("acme/flux", { branch: "main", files: { "clusters/kustomization.yaml": pinned }, message: "Pin" });
    expect(await failed(flux.image("2.0.0", "acme/pinned"), "--unchecked")).toMatchInlineSnapshot(
      `"5 fairlead: set REGISTRY/acme/pinned:2.0.0: clusters/kustomization.yaml:5: it holds a digest, which would go on deciding what runs"`,
    );
    const deployed = await flux.deploy(`${flux.image("2.0.0", "acme/pinned")}@${digest("b")}`, "--unchecked");
    expect(await git(flux.folder, ["show", `${deployed.commit}:clusters/kustomization.yaml`])).toBe(
      pinned.replace(digest("a"), digest("b")).trimEnd(),
    );
  });

  test("--flux-path and --only narrow it down", async () => {
    const below = await flux.deploy(flux.image("1.1.0"), "--flux-path", "./apps/jobs/");
    expect(below.changes.map(({ file }) => file)).toEqual(["apps/jobs/job.yaml"]);
    const only = await flux.deploy(flux.image("1.1.0"), "--only", "Deployment/shop/web");
    expect(only.changes.map(({ file }) => file)).toEqual(["apps/web/deployment.yaml"]);
    expect(new Set([below.branch, only.branch]).size).toBe(2);
    expect(flux.github.pulls("acme/flux").map(({ state }) => state)).toEqual(["open", "open"]);
  });

  test("--flux-branch is what the pull request goes to", async () => {
    const files = { "staging.yaml": `kind: Pod\nspec: { containers: [{ image: ${flux.image("0.9")} }] }\n` };
    await flux.github.commit("acme/flux", { branch: "staging", files, message: "Stage" });
    const deployed = await flux.deploy(flux.image("1.0.0"), "--flux-branch", "staging");
    expect(await diff(deployed, "staging")).toMatchInlineSnapshot(`
      "+++ b/staging.yaml
      -spec: { containers: [{ image: REGISTRY/acme/web:0.9 }] }
      +spec: { containers: [{ image: REGISTRY/acme/web:1.0.0 }] }"
    `);
    expect(flux.github.pulls("acme/flux")).toMatchObject([{ number: 1, base: "staging", head: deployed.branch }]);
  });

  test("a line that Flux's image automation writes too is warned about", async () => {
    const marked = `kind: Pod\nspec: { containers: [{ image: ${flux.image("1.0.0")} }] } # {"$imagepolicy": "flux-system:web"}\n`;
    await flux.github.commit("acme/flux", { branch: "main", files: { "marked.yaml": marked }, message: "Mark" });
    const { stderr } = await flux.run(flux.image("1.1.0"));
    expect(stderr.split("\n").filter((line) => line.startsWith("warning: "))).toEqual([
      "warning: marked.yaml:2: Flux may write here too: the line has an $imagepolicy marker",
    ]);
  });

  test("an image that is not in its registry is not found, and the nearest tags are named", async () => {
    const { code, stderr } = await flux.run(flux.image("1.1.9"));
    expect(`${code} ${flux.plain(stderr)}`).toMatchInlineSnapshot(`
      "4 fairlead: read REGISTRY/acme/web:1.1.9: it is not in its registry
      hint: name a tag that is there, such as 1.1.0, 1.0.0, 1.2.0; --unchecked deploys it all the same
      "
    `);
    expect(flux.writes()).toBe(0);
  });

  test("--unchecked deploys an image that is not in its registry, with a warning", async () => {
    const { code, stderr } = await flux.run(flux.image("9.9.9"), "--unchecked");
    expect(`${code} ${/^warning: .*$/m.exec(flux.plain(stderr))?.[0]}`).toBe("0 warning: REGISTRY/acme/web:9.9.9 is not in its registry");
  });

  test("an image whose registry does not answer is warned about, and deployed", async () => {
    const nobody = "127.0.0.1:1/acme/nobody";
    const file = `kind: Kustomization\nimages:\n  - name: nobody\n    newName: ${nobody}\n    newTag: "1"\n`;
    await flux.github.commit("acme/flux", { branch: "main", files: { "clusters/kustomization.yaml": file }, message: "Run nobody" });
    const { code, stderr } = await flux.run(`${nobody}:2`);
    expect(`${code} ${/^warning: .*$/m.exec(flux.plain(stderr))?.[0]}`).toMatchInlineSnapshot(
      `"0 warning: read 127.0.0.1:1/acme/nobody:2: 127.0.0.1:1 cannot be reached: connection refused: the pull request will not name the commit"`,
    );
  });

  test("a digest that is not that of its tag in the registry is warned about, and deployed", async () => {
    const [one, other] = [flux.image("1.1.0"), flux.image("1.2.0")];
    const { result } = JSON.parse((await flux.run(other, "--dry-run", "--json")).stdout) as { result: DeployResult };
    const ofOther = result.images[0]?.digest;
    const warned = async (image: string): Promise<readonly string[]> =>
      (await flux.run(image, "--dry-run")).stderr.split("\n").flatMap((line) => (line.startsWith("warning: ") ? flux.plain(line) : []));
    expect([
      await warned(`${one}@${ofOther}`),
      await warned(`${other}@${ofOther}`),
      await warned(`${flux.image("9.9.9")}@${ofOther}`),
    ]).toEqual([
      ["warning: REGISTRY/acme/web:1.1.0 is sha256:DIGEST in its registry, not sha256:DIGEST: the digest decides what runs"],
      [],
      ["warning: REGISTRY/acme/web:9.9.9 is not in its registry, whatever sha256:DIGEST is: the digest decides what runs"],
    ]);
  });

  test("--direct commits to the branch itself", async () => {
    const deployed = await flux.deploy(flux.image("1.1.0"), "--direct");
    expect(deployed).toMatchObject({ branch: "main", commit: await git(flux.folder, ["rev-parse", "main"]), pullRequest: null });
    expect(await flux.read("apps/web/deployment.yaml")).toContain("acme/web:1.1.0 # kept");
    expect(flux.github.pulls("acme/flux")).toEqual([]);
    const before = flux.writes();
    expect(await flux.deploy(flux.image("1.1.0"), "--direct")).toMatchObject({ branch: null, changes: [] });
    expect(flux.writes()).toBe(before);
  });

  test("an image that cannot be deployed is an error of one line, before anything is written", async () => {
    expect([
      await failed(flux.image("1.0", "acme/nowhere"), "--unchecked"),
      await failed(flux.image("1.0").replace(":1.0", "")),
      await failed(flux.image("1.1.0"), "--flux-branch", "nowhere"),
      await failed(flux.image("1.1.0"), "--flux-path", "nowhere"),
      await failed(flux.image("1.1.0"), "--flux-path", "apps/jobs/job.yaml"),
      await failed(flux.image("1.1.0"), "--only", "Deployment/shop/none"),
      await failed(flux.image("1.1.0"), "--title", "ship ${{ what }}"),
      await failed(flux.image("1.1.0"), "--direct", "--label", "deploy", "--draft"),
      await failed(flux.image("1.1.0"), "--timeout", "-1"),
    ]).toMatchInlineSnapshot(`
      [
        "4 fairlead: set REGISTRY/acme/nowhere:1.0: no manifest refers to REGISTRY/acme/nowhere",
        "2 fairlead: deploy: IMAGE: read image reference "REGISTRY/acme/web": it has no tag",
        "4 fairlead: find branch nowhere in GITHUB/acme/flux: it does not exist",
        "4 fairlead: set REGISTRY/acme/web:1.1.0: there is no folder nowhere, or it is a link, which is not followed",
        "4 fairlead: set REGISTRY/acme/web:1.1.0: apps/jobs/job.yaml is a file, not a folder",
        "4 fairlead: set REGISTRY/acme/web:1.1.0 in Deployment/shop/none: there is no such object, or it does not refer to REGISTRY/acme/web",
        "2 fairlead: deploy: --title: there is no placeholder \${{ what }}",
        "2 fairlead: deploy: --label: a commit straight to the branch has no pull request",
        "2 fairlead: deploy: --timeout: its value is missing",
      ]
    `);
    expect(flux.writes()).toBe(0);
  });
});
