import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { git } from "../doubles/bare.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";

const token = "ghp_canary0123456789";
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

const files = {
  "apps/web/deployment.yaml": `kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/web:1.0.0 # kept
        - name: proxy
          image: ghcr.io/acme/proxy:1.0.0
`,
  "apps/jobs/job.yaml": `kind: Job
metadata: { name: web-migrate, namespace: shop }
spec: { template: { spec: { containers: [{ name: migrate, image: "ghcr.io/acme/web:1.0.0" }] } } }
`,
  "clusters/kustomization.yaml": `kind: Kustomization
resources: [../apps]
images:
  - name: web
    newName: ghcr.io/acme/pinned
    digest: ${digest("a")}
`,
};

interface Deployed {
  readonly image: string;
  readonly branch: string | null;
  readonly commit: string | null;
  readonly changes: readonly { readonly file: string; readonly path: string; readonly to: string }[];
  readonly pullRequest: { readonly number: number; readonly url: string } | null;
}

describe("fairlead deploy", () => {
  let github: GitHub;
  let folder: string;
  const run = (...args: readonly string[]) => {
    const env = { GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl, GITHUB_TOKEN: token };
    return fairlead(["deploy", ...args, "--flux-repository", `${github.url}/acme/flux`], env);
  };
  const deploy = async (...args: readonly string[]): Promise<Deployed> => {
    const { code, stdout, stderr } = await run(...args, "--json");
    if (code !== 0) throw new Error(`fairlead deploy ${args.join(" ")}: exit code ${code}\n${stderr}`);
    return JSON.parse(stdout) as Deployed;
  };
  const writes = (): number => github.requests.filter(({ write }) => write).length;
  /** Returns what the branch changes: lines taken out and put in. */
  const diff = async ({ commit }: Deployed, base = "main"): Promise<string> => {
    const lines = await git(folder, ["diff", "--unified=0", base, commit ?? ""]);
    return lines
      .split("\n")
      .filter((line) => /^(\+\+\+|[-+][^-+])/.test(line))
      .join("\n");
  };

  beforeEach(async () => {
    github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/flux"] } } });
    folder = await github.createRepository("acme/flux", { private: true, files });
  });
  afterEach(async () => {
    const { unknown, violations } = github;
    await github.stop();
    expect({ unknown, violations }).toEqual({ unknown: [], violations: [] });
  });

  test("opens a pull request whose commit changes every reference and nothing else", async () => {
    const deployed = await deploy("ghcr.io/acme/web:1.1.0");
    expect({
      ...deployed,
      commit: "SHA",
      pullRequest: { ...deployed.pullRequest, url: deployed.pullRequest?.url.replace(github.url, "GITHUB") },
    }).toMatchInlineSnapshot(`
      {
        "branch": "fairlead/web-b06a04e8f4e2",
        "changes": [
          {
            "document": 0,
            "file": "apps/jobs/job.yaml",
            "from": "ghcr.io/acme/web:1.0.0",
            "line": 3,
            "path": "spec.template.spec.containers[0].image",
            "to": "ghcr.io/acme/web:1.1.0",
          },
          {
            "document": 0,
            "file": "apps/web/deployment.yaml",
            "from": "ghcr.io/acme/web:1.0.0",
            "line": 8,
            "path": "spec.template.spec.containers[0].image",
            "to": "ghcr.io/acme/web:1.1.0",
          },
        ],
        "commit": "SHA",
        "image": "ghcr.io/acme/web:1.1.0",
        "pullRequest": {
          "number": 1,
          "url": "GITHUB/acme/flux/pull/1",
        },
      }
    `);
    expect(await diff(deployed)).toMatchInlineSnapshot(`
      "+++ b/apps/jobs/job.yaml
      -spec: { template: { spec: { containers: [{ name: migrate, image: "ghcr.io/acme/web:1.0.0" }] } } }
      +spec: { template: { spec: { containers: [{ name: migrate, image: "ghcr.io/acme/web:1.1.0" }] } } }
      +++ b/apps/web/deployment.yaml
      -          image: ghcr.io/acme/web:1.0.0 # kept
      +          image: ghcr.io/acme/web:1.1.0 # kept"
    `);
    expect(
      await git(folder, ["show", "--no-patch", "--format=%an <%ae>%n%P%n%B", deployed.commit ?? ""]).then((text) =>
        text.replace(/[0-9a-f]{40}/, "PARENT"),
      ),
    ).toMatchInlineSnapshot(`
      "fairlead <fairlead@fairlead.invalid>
      PARENT
      deploy acme/web 1.1.0

      apps/jobs/job.yaml:3: ghcr.io/acme/web:1.0.0 → ghcr.io/acme/web:1.1.0
      apps/web/deployment.yaml:8: ghcr.io/acme/web:1.0.0 → ghcr.io/acme/web:1.1.0

      Image: ghcr.io/acme/web:1.1.0
      "
    `);
    const [pull] = github.pulls("acme/flux");
    expect(`${pull?.title}\n\n${pull?.body}`).toMatchInlineSnapshot(`
      "deploy acme/web 1.1.0

      Deploys \`ghcr.io/acme/web:1.1.0\`.

      | where | what | from | to |
      |---|---|---|---|
      | \`apps/jobs/job.yaml:3\` | \`spec.template.spec.containers[0].image\` | \`ghcr.io/acme/web:1.0.0\` | \`ghcr.io/acme/web:1.1.0\` |
      | \`apps/web/deployment.yaml:8\` | \`spec.template.spec.containers[0].image\` | \`ghcr.io/acme/web:1.0.0\` | \`ghcr.io/acme/web:1.1.0\` |
      "
    `);
  });

  test("a second run changes nothing and says the same", async () => {
    const first = await deploy("ghcr.io/acme/web:1.1.0");
    const before = writes();
    expect(await deploy("ghcr.io/acme/web:1.1.0")).toEqual(first);
    expect(writes()).toBe(before);
  });

  test("what the base deploys already needs no pull request", async () => {
    const head = await git(folder, ["rev-parse", "main"]);
    expect(await deploy("ghcr.io/acme/web:1.0.0")).toEqual({
      image: "ghcr.io/acme/web:1.0.0",
      branch: null,
      commit: head,
      changes: [],
      pullRequest: null,
    });
    expect(writes()).toBe(0);
  });

  test("a digest goes where there is a key for it", async () => {
    const { code, stderr } = await run("ghcr.io/acme/pinned:2.0.0");
    expect({ code, said: /^fairlead: .*$/m.exec(stderr)?.[0] }).toMatchInlineSnapshot(`
      {
        "code": 5,
        "said": "fairlead: set ghcr.io/acme/pinned:2.0.0: clusters/kustomization.yaml:6: it holds a digest, which would go on deciding what runs",
      }
    `);
    expect(await diff(await deploy(`ghcr.io/acme/pinned:2.0.0@${digest("b")}`))).toMatchInlineSnapshot(`
      "+++ b/clusters/kustomization.yaml
      -    digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      +    digest: sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    `);
  });

  test("--flux-path and --only narrow it down", async () => {
    const below = await deploy("ghcr.io/acme/web:1.1.0", "--flux-path", "./apps/jobs/");
    expect(below.changes.map(({ file }) => file)).toEqual(["apps/jobs/job.yaml"]);
    const only = await deploy("ghcr.io/acme/web:1.1.0", "--only", "Deployment/shop/web");
    expect(only.changes.map(({ file }) => file)).toEqual(["apps/web/deployment.yaml"]);
    expect(new Set([below.branch, only.branch]).size).toBe(2);
  });

  test("--flux-branch is what the pull request goes to", async () => {
    await github.commit("acme/flux", {
      branch: "staging",
      files: { "staging.yaml": "kind: Pod\nspec: { containers: [{ image: ghcr.io/acme/web:0.9 }] }\n" },
      message: "Stage",
    });
    const deployed = await deploy("ghcr.io/acme/web:1.0.0", "--flux-branch", "staging");
    expect(await diff(deployed, "staging")).toMatchInlineSnapshot(`
      "+++ b/staging.yaml
      -spec: { containers: [{ image: ghcr.io/acme/web:0.9 }] }
      +spec: { containers: [{ image: ghcr.io/acme/web:1.0.0 }] }"
    `);
    expect(github.pulls("acme/flux")).toMatchObject([{ number: 1, base: "staging", head: deployed.branch }]);
  });

  test("an open pull request whose words were changed by hand is brought up to date", async () => {
    const { pullRequest } = await deploy("ghcr.io/acme/web:1.1.0");
    const [made] = github.pulls("acme/flux");
    const answer = await fetch(`${github.apiUrl}/repos/acme/flux/pulls/1`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${token}`, "user-agent": "a person", accept: "application/vnd.github+json" },
      body: JSON.stringify({ title: "by hand" }),
    });
    expect(answer.status).toBe(200);
    expect((await deploy("ghcr.io/acme/web:1.1.0")).pullRequest).toEqual(pullRequest);
    expect(github.pulls("acme/flux")).toMatchObject([{ title: made?.title, body: made?.body, state: "open" }]);
  });

  test("there and back again is three pull requests", async () => {
    for (const tag of ["1.1.0", "1.2.0", "1.1.0"]) {
      const { pullRequest } = await deploy(`ghcr.io/acme/web:${tag}`);
      await github.mergePull("acme/flux", pullRequest?.number ?? 0);
    }
    expect(github.pulls("acme/flux").map(({ number, title, merged }) => `${number} ${title} ${merged}`)).toEqual([
      "1 deploy acme/web 1.1.0 true",
      "2 deploy acme/web 1.2.0 true",
      "3 deploy acme/web 1.1.0 true",
    ]);
    expect(await git(folder, ["show", "main:apps/web/deployment.yaml"])).toContain("image: ghcr.io/acme/web:1.1.0 # kept\n");
  });

  test("a pull request that was closed is asked for again", async () => {
    await deploy("ghcr.io/acme/web:1.1.0");
    await github.closePull("acme/flux", 1);
    expect((await deploy("ghcr.io/acme/web:1.1.0")).pullRequest?.number).toBe(2);
  });

  test("a base that has moved on does not open a second one", async () => {
    await deploy("ghcr.io/acme/web:1.1.0");
    await github.commit("acme/flux", { branch: "main", files: { "README.md": "moved on\n" }, message: "Move on" });
    expect((await deploy("ghcr.io/acme/web:1.1.0")).pullRequest?.number).toBe(1);
    expect(github.pulls("acme/flux")).toHaveLength(1);
  });

  test("a run that pushed and could not open is finished by the next one, which pushes nothing", async () => {
    const pushes = () => github.requests.filter(({ path, write }) => write && path.endsWith("/git-receive-pack")).length;
    github.fail({ method: "POST", path: /\/pulls$/, status: 500 });
    expect((await run("ghcr.io/acme/web:1.1.0")).code).toBe(75);
    const pushed = pushes();
    expect((await deploy("ghcr.io/acme/web:1.1.0")).pullRequest?.number).toBe(1);
    expect({ before: pushed, after: pushes() }).toEqual({ before: 1, after: 1 });
  });

  test("two at once of different images both land", async () => {
    const deployed = await Promise.all([deploy("ghcr.io/acme/web:1.1.0"), deploy("ghcr.io/acme/proxy:1.1.0")]);
    expect(deployed.map(({ pullRequest }) => pullRequest?.number).sort()).toEqual([1, 2]);
    await github.mergePull("acme/flux", 1);
    await github.mergePull("acme/flux", 2);
    const merged = await git(folder, ["show", "main:apps/web/deployment.yaml"]);
    expect(merged).toContain("image: ghcr.io/acme/web:1.1.0 # kept\n");
    expect(merged).toMatch(/image: ghcr.io\/acme\/proxy:1.1.0$/);
  });

  test("two at once of the same image open one", async () => {
    const [one, other] = await Promise.all([deploy("ghcr.io/acme/web:1.1.0"), deploy("ghcr.io/acme/web:1.1.0")]);
    expect(other).toEqual(one);
    expect(github.pulls("acme/flux")).toHaveLength(1);
  });

  test("what cannot be deployed says why in one line, before anything is written", async () => {
    const fail = async (...args: readonly string[]) => {
      const { code, stderr } = await run(...args);
      return `${code} ${/^fairlead: .*$/m.exec(stderr)?.[0].replaceAll(github.host, "GITHUB")}`;
    };
    expect([
      await fail("ghcr.io/acme/nowhere:1.0"),
      await fail("ghcr.io/acme/web"),
      await fail("ghcr.io/acme/web:1.1.0", "--flux-branch", "nowhere"),
      await fail("ghcr.io/acme/web:1.1.0", "--flux-path", "nowhere"),
      await fail("ghcr.io/acme/web:1.1.0", "--only", "Deployment/shop/none"),
    ]).toMatchInlineSnapshot(`
      [
        "4 fairlead: set ghcr.io/acme/nowhere:1.0: no manifest refers to ghcr.io/acme/nowhere",
        "2 fairlead: read image reference "ghcr.io/acme/web": it has no tag",
        "4 fairlead: find branch nowhere in GITHUB/acme/flux: it does not exist",
        "4 fairlead: set ghcr.io/acme/web:1.1.0: no manifest refers to ghcr.io/acme/web",
        "4 fairlead: set ghcr.io/acme/web:1.1.0 in Deployment/shop/none: no manifest refers to ghcr.io/acme/web",
      ]
    `);
    expect(writes()).toBe(0);
  });
});
