import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { git } from "../test/doubles/bare.ts";
import { startGitHub, type GitHub } from "../test/doubles/github.ts";
import { startProxy, type Proxy } from "../test/doubles/proxy.ts";
import { startRegistry } from "../test/doubles/registry.ts";
import type { Bench, Contender, Contest } from "./bench.ts";
import { plainEnvironment, runCommand, type Command } from "./measure.ts";
import { compileTools, deploymentFile } from "./set-image.ts";

export const deploy: Bench = {
  name: "deploy",
  question: "How long does it take from nothing to an open pull request that sets one image, beside a script of git, yq and curl?",
  notes: [
    "The repository has 2,000 Deployments in 10 folders and 20,000 commits; the small one has 20 and 1. One Deployment refers to the image. Each run sets another tag, so that it needs a branch and a pull request of its own; between the runs, untimed, both are removed again.",
    "The script is `git clone`, `grep | yq -i`, `git commit`, `git push`, `curl` to the API, without any check. `--depth 1` is the same with a shallow clone.",
    "fairlead looks in the registry for what the image was built from, for a branch and for pull requests of the same change and the same target, old and open, and proves its edit: the script does none of it.",
    "By Git is with a person's token and the `git` program; by the API is with the token of a GitHub App, where fairlead needs no clone and GitHub signs the commit.",
    "The server is the strict GitHub double of our tests, with real Git beneath, on this machine: each request costs it some milliseconds, for Git of a process. Rows with 50 ms have so much added to each request.",
    "Requests and bytes are of one run, through the counting proxy that all runs pass; bytes are those of all bodies, both ways.",
  ],
  async open() {
    await using stack = new AsyncDisposableStack();
    const home = await mkdtemp(join(tmpdir(), "fairlead-bench-"));
    stack.defer(() => rm(home, { recursive: true, force: true }));
    const registry = stack.use(await startRegistry());
    const github = stack.use(await startGitHub({ tokens: { [person]: grant, [app]: grant } }));
    const image = `${registry.host}/acme/app`;
    await fill(github, "acme/flux", image, { commits: 20_000, manifests: 2_000 });
    await fill(github, "acme/small", image, { commits: 1, manifests: 20 });
    let latency = 0;
    const proxy = stack.use(await startProxy(github.host, { onRequest: () => (latency === 0 ? undefined : sleep(latency)) }));
    const world = { home, image, proxy, github, yq: (await compileTools()).yq };
    const rows = [
      { name: "20,000 commits, 2,000 manifests", repository: "acme/flux", latency: 0 },
      { name: "the same, 50 ms a request", repository: "acme/flux", latency: 50 },
      { name: "1 commit, 20 manifests", repository: "acme/small", latency: 0 },
    ];
    const counted: string[] = [];
    const contenders = rows.flatMap((row) =>
      contendersOf(world, row.repository).map(({ name, goal, command }): Contender => ({
        name,
        row: row.name,
        ...(goal !== undefined && row.repository === "acme/flux" ? { goal } : {}),
        prepare: () => clear(world, row.repository),
        async run() {
          latency = row.latency;
          const before = proxy.requests.length;
          await runCommand(command());
          latency = 0;
          const passed = proxy.requests.slice(before);
          const bytes = passed.reduce((sum, each) => sum + each.bytes, 0);
          const line = `| ${row.name} | ${name} | ${passed.length} | ${bytes.toLocaleString("en")} |`;
          if (!counted.some((each) => each.startsWith(`| ${row.name} | ${name} |`))) counted.push(line);
        },
      })),
    );
    const ended = stack.move();
    const contest: Contest = {
      contenders,
      details: () => Promise.resolve(["| | | requests | bytes |", "| --- | --- | ---: | ---: |", ...counted, ""].join("\n")),
      [Symbol.asyncDispose]: () => ended.disposeAsync(),
    };
    return contest;
  },
};

const person = "ghp_bench0123456789";
const app = "ghs_bench0123456789";
const grant = { login: "bench", write: ["acme/flux", "acme/small"] };
const fairlead = join(import.meta.dirname, "../dist/fairlead.js");

interface World {
  readonly home: string;
  readonly image: string;
  readonly proxy: Proxy;
  readonly github: GitHub;
  readonly yq: string;
}

let runs = 0;
/** Repositories in which something has been deployed. */
const shipped = new Set<string>();

function contendersOf(
  { home, image, proxy, yq, github }: World,
  repository: string,
): readonly { name: string; goal?: number; command: () => Command }[] {
  const url = `${proxy.url}/${repository}`;
  const api = github.apiUrl.replace(github.host, proxy.host);
  const shared = { ...plainEnvironment(), HOME: home };
  const script =
    (...clone: readonly string[]) =>
    (): Command => {
      const work = join(home, `clone-${++runs}`);
      const header = `http.extraheader=Authorization: Basic ${Buffer.from(`x-access-token:${person}`).toString("base64")}`;
      const lines = [
        "set -e",
        `git -c '${header}' clone --quiet ${clone.join(" ")} ${url} ${work}`,
        `cd ${work}`,
        `git checkout --quiet -b deploy-${runs}`,
        `grep -rlZF '${image}:' . | xargs -0 ${yq} -i '(.. | select(tag == "!!str" and test("^${image}:"))) = "${image}:${runs}"'`,
        `git -c user.name=bench -c user.email=bench@example.com commit --quiet --all --message 'deploy ${runs}'`,
        `git -c '${header}' push --quiet origin HEAD`,
        `curl -fsS -o /dev/null -H 'Authorization: token ${person}' -H 'Content-Type: application/json' -d '{"title":"deploy","head":"deploy-${runs}","base":"main"}' ${api}/repos/${repository}/pulls`,
      ];
      return { program: "sh", args: ["-c", lines.join("\n")], env: shared };
    };
  const ours =
    (token: string, ...more: readonly string[]) =>
    (): Command => ({
      program: process.execPath,
      args: [fairlead, "deploy", `${image}:${++runs}`, "--flux-repository", url, ...more],
      env: { ...shared, GITHUB_SERVER_URL: proxy.url, GITHUB_API_URL: api, GITHUB_TOKEN: token },
    });
  const folder = ["--flux-path", "apps/group-0"];
  return [
    { name: "git clone, yq, git push, curl", command: script() },
    { name: "the same, --depth 1", command: script("--depth", "1") },
    { name: "fairlead deploy, in a folder, by Git", goal: 0.2, command: ours(person, ...folder) },
    { name: "fairlead deploy, in a folder, by the API", goal: 0.2, command: ours(app, ...folder) },
    { name: "fairlead deploy, whole tree, by Git", command: ours(person) },
    { name: "fairlead deploy, whole tree, by the API", command: ours(app) },
  ];
}

/** Makes the repository at once: each commit changes one manifest, as a team's do. */
async function fill(github: GitHub, name: string, image: string, size: { commits: number; manifests: number }): Promise<void> {
  const bare = await github.createRepository(name, { private: true });
  const path = (index: number): string => `apps/group-${index % 10}/app-${index}/deployment.yaml`;
  const file = (index: number, tag: string): string => {
    const content = deploymentFile(index, index === 0 ? image : `ghcr.io/acme/service-${index}`, tag);
    return `M 100644 inline ${path(index)}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
  };
  const parts: string[] = [];
  for (let commit = 0; commit < size.commits; commit++) {
    const index = commit % size.manifests;
    const changed = commit === 0 ? Array.from({ length: size.manifests }, (_, each) => file(each, "0")).join("") : file(index, `${commit}`);
    parts.push(`commit refs/heads/main\ncommitter bench <bench@example.com> ${1_700_000_000 + commit} +0000\ndata 1\nx\n${changed}`);
  }
  const stream = join(bare, "import");
  await writeFile(stream, parts.join(""));
  await git(bare, ["fast-import", "--quiet"], { input: Buffer.from(parts.join("")) });
  await rm(stream);
  await git(bare, ["repack", "-adq"]);
}

/** Removes what the last run left: its branch goes, and with it GitHub closes the pull request. */
async function clear({ github, home }: World, repository: string): Promise<void> {
  const api = github.apiUrl;
  const headers = { authorization: `token ${person}`, accept: "application/vnd.github+json" };
  const pulls = (await (await fetch(`${api}/repos/${repository}/pulls?per_page=100`, { headers })).json()) as {
    number: number;
    head: { ref: string };
  }[];
  for (const { number, head } of pulls) {
    const body = JSON.stringify({ state: "closed" });
    await fetch(`${api}/repos/${repository}/pulls/${number}`, {
      method: "PATCH",
      headers: { ...headers, "content-type": "application/json" },
      body,
    });
    await fetch(`${api}/repos/${repository}/git/refs/heads/${head.ref}`, { method: "DELETE", headers });
  }
  if (pulls.length !== (shipped.has(repository) ? 1 : 0))
    throw new Error(`deploy: the last run left ${pulls.length} pull requests in ${repository}`);
  shipped.add(repository);
  await rm(join(home, `clone-${runs}`), { recursive: true, force: true });
}
