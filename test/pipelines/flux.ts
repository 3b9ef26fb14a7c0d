/** The world of `fairlead deploy`: a Flux repository at GitHub, and a registry that has the images. */
import { createRedactor, deploy, openRun, runPipeline, type RunOptions } from "../../src/library.ts";
import type { DeployResult } from "../../src/pipelines/deploy.ts";
import { secretValue } from "../../src/secrets.ts";
import { fairlead, type Ended } from "../cli.ts";
import { git } from "../doubles/bare.ts";
import { startGitHub, type GitHub, type NewGitHubRepository } from "../doubles/github.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { pushImage } from "../registries/content.ts";

/** The canary: a token that opens everything and must not show anywhere. */
const token = "ghp_canary0123456789";

/** Returns the commit in the labels of an image of this version. */
export const sourceCommit = (version: string): string => version.replaceAll(".", "").padEnd(40, "0");

export interface Flux extends AsyncDisposable {
  readonly github: GitHub;
  readonly registry: Registry;
  /** The bare repository behind GitHub's. */
  readonly folder: string;
  /** Returns the reference of the application: one that the registry has, from 1.0.0 to 1.3.0. */
  image(version: string, repository?: string): string;
  /** The environment of a run, as a person has it. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `fairlead deploy`, and returns its end, good or bad. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Runs `fairlead deploy --json`, which must succeed. */
  deploy(...args: readonly string[]): Promise<DeployResult>;
  /** Runs it in this process. */
  deployHere(input: Readonly<Record<string, unknown>>, options?: Partial<RunOptions>): Promise<DeployResult>;
  /** Returns the number of requests that changed something. */
  writes(): number;
  /** Returns a file of a branch. */
  read(path: string, branch?: string): Promise<string>;
  /** Returns the text without the parts that differ from run to run. */
  plain(text: string): string;
  /** Returns the branches of the Flux repository. */
  branches(): Promise<readonly string[]>;
}

/** Returns a Flux repository's files that run two images, one of them twice. */
export function fluxFiles(registry: string): Record<string, string> {
  return {
    "apps/web/deployment.yaml": `kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    spec:
      containers:
        - name: web
          image: ${registry}/acme/web:1.0.0 # kept
        - name: proxy
          image: ${registry}/acme/proxy:1.0.0
`,
    "apps/jobs/job.yaml": `kind: Job
metadata: { name: web-migrate, namespace: shop }
spec: { template: { spec: { containers: [{ name: migrate, image: "${registry}/acme/web:1.0.0" }] } } }
`,
  };
}

/** Starts a registry with images. One is enough for a file of tests. */
export async function startImages(): Promise<Registry> {
  const registry = await startRegistry();
  const platform = { os: "linux", architecture: "amd64" };
  for (const name of ["web", "proxy"]) {
    for (const version of ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]) {
      const labels = {
        "org.opencontainers.image.source": `https://github.com/acme/${name}`,
        "org.opencontainers.image.revision": sourceCommit(version),
      };
      await pushImage({ host: registry.host, repository: `acme/${name}` }, { platform, labels, tag: version });
    }
  }
  return registry;
}

/** Starts GitHub with the repository acme/flux. */
export async function startFlux(registry: Registry, options: NewGitHubRepository = {}): Promise<Flux> {
  const github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/flux"] } } });
  const folder = await github.createRepository("acme/flux", { private: true, files: fluxFiles(registry.host), ...options });
  const repository = `${github.url}/acme/flux`;
  const env = { GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl, GITHUB_TOKEN: token };
  const run: Flux["run"] = (...args) => fairlead(["deploy", ...args, "--flux-repository", repository], env);
  return {
    github,
    registry,
    folder,
    env,
    image: (version, name = "acme/web") => `${registry.host}/${name}:${version}`,
    run,
    async deploy(...args) {
      const { code, stdout, stderr } = await run(...args, "--json");
      if (code !== 0) throw new Error(`fairlead deploy ${args.join(" ")}: exit code ${code}\n${stderr}`);
      return JSON.parse(stdout) as DeployResult;
    },
    async deployHere(input, options = {}) {
      const redactor = createRedactor();
      const servers = { settings: { github: { url: github.url, api: github.apiUrl } } };
      const signal = new AbortController().signal;
      await using open = openRun({ dryRun: false, report: () => undefined, signal, redactor, servers });
      const fluxToken = secretValue(token, "token", redactor);
      return await runPipeline(deploy, { ...open.options, ...options }, { fluxRepository: repository, fluxToken, ...input });
    },
    writes: () => github.requests.filter(({ write }) => write).length,
    read: (path, branch = "main") => git(folder, ["show", `${branch}:${path}`]),
    plain: (text) =>
      text
        .replaceAll(github.host, "GITHUB")
        .replaceAll(registry.host, "REGISTRY")
        .replace(/\b[0-9a-f]{64}\b/g, "DIGEST")
        .replace(/\b(?!\d+0{20})[0-9a-f]{40}\b/g, "SHA")
        .replace(/(?<=web-|proxy-|Target: |more-|[a-z]=|[a-z]=[0-9a-f]{12},)[0-9a-f]{12}\b/g, "HASH")
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "RUN"),
    branches: async () => (await git(folder, ["for-each-ref", "--format=%(refname:short)", "refs/heads"])).split("\n"),
    async [Symbol.asyncDispose]() {
      await github.stop();
      const { unknown, violations } = github;
      if (unknown.length + violations.length > 0) throw new Error(`GitHub: ${[...unknown, ...violations].join("\n")}`);
    },
  };
}
