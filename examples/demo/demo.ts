// `npm run demo`: ships one commit of the application in `app/` for real, on this machine alone. The Git server, the registry and
// Slack are started here and end with it; what they hold stays in `.cache/demo`, so that a second run finds what the first one did.
import { spawn } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { prepareEngine } from "../../test/doubles/bridge.ts";
import { useChosenEngine } from "../../test/doubles/engine.ts";
import { startGitHub, type GitHub } from "../../test/doubles/github.ts";
import { startRegistry, type Registry } from "../../test/doubles/registry.ts";
import { startSlack, type Slack } from "../../test/doubles/slack.ts";
import { choosePlaces } from "./places.ts";
import { finished, say } from "./process.ts";
import { isToldOnce, reportsOf, type Row } from "./reports.ts";
import { application, fillRepositories, fleet } from "./repositories.ts";

const home = join(process.cwd(), ".cache", "demo");
const files = import.meta.dirname;
const work = join(home, "tide");
const channel = "C0HARBOUR";
const secrets = { GITHUB_TOKEN: "demo-git-token", SLACK_BOT_TOKEN: "demo-slack-token" };

interface Servers extends AsyncDisposable {
  readonly github: GitHub;
  readonly registry: Registry;
  readonly slack: Slack;
}

useChosenEngine();
const { FAIRLEAD_ENGINE: setting = "auto", _EXPERIMENTAL_DAGGER_RUNNER_HOST: runnerHost } = process.env;
/** The environment of a shell that runs `dagger` on the native engine; undefined if another engine was chosen. */
const native = setting === "native" || (setting === "auto" && runnerHost === undefined) ? await prepareEngine() : undefined;
await using servers = await startServers();
process.once("SIGINT", () => void servers[Symbol.asyncDispose]().then(() => process.exit(130)));
const env = {
  ...process.env,
  ...secrets,
  GITHUB_SERVER_URL: servers.github.url,
  GITHUB_API_URL: servers.github.apiUrl,
  SLACK_API_URL: servers.slack.url,
};
const hosts = [servers.github.host, servers.registry.host, servers.slack.host];
const base = `${servers.registry.host}/harbour/busybox:1`;
const image = `${servers.registry.host}/${application}`;

await fillRepositories({ github: servers.github, token: secrets.GITHUB_TOKEN, home, work, image });
say("This demo ships one commit: it builds an image, pushes it, opens a pull request, posts a message, and reports on the commit.");
say("The engine, Git and the registry are real. GitHub and Slack are test servers on this machine.\n");
const shipped = (await makeBase()) ? await ship() : undefined;
if (shipped === undefined) process.exitCode = 1;
else {
  await show(shipped);
  if (native !== undefined && !(await shipByDagger(shipped, native))) process.exitCode = 1;
  if (shipped.deploy.pullRequest !== null && !(await merge(shipped, shipped.deploy.pullRequest.number))) process.exitCode = 1;
  if (!isToldOnce(servers.github, shipped.build.commit)) {
    say("\nA report is there twice, or is missing.");
    process.exitCode = 1;
  }
  say(`\nTo ship another commit, change a file in ${work}, commit it, and run the demo again.`);
}

/** Starts the servers on the ports of the last run: the names of their content include them. */
async function startServers(): Promise<Servers> {
  await using stack = new AsyncDisposableStack();
  await mkdir(home, { recursive: true });
  const places = await choosePlaces(home, native !== undefined);
  const { address } = places;
  const [git, images, chat] = places.ports;
  const registry = stack.use(await startRegistry({ address, kept: { folder: join(home, "registry"), port: images } }));
  const github = stack.use(
    await startGitHub({
      tokens: { [secrets.GITHUB_TOKEN]: { login: "harbour-bot", write: [application, fleet] } },
      address,
      kept: { folder: join(home, "git"), port: git },
    }),
  );
  const slack = stack.use(
    await startSlack({
      tokens: { [secrets.SLACK_BOT_TOKEN]: { scopes: ["chat:write", "channels:history"] } },
      channels: [{ id: channel, name: "harbour", member: true }],
      address,
      kept: { folder: join(home, "slack"), port: chat },
    }),
  );
  const started = stack.move();
  return { github, registry, slack, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** Makes the base image from Debian's busybox, by fairlead itself: there is no Docker Hub here. Returns false if that failed. */
async function makeBase(): Promise<boolean> {
  const folder = join(home, "base");
  await cp(join(files, "base"), folder, { recursive: true });
  await cp("/bin/busybox", join(folder, "busybox"));
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
  const existing = await fetch(`http://${servers.registry.host}/v2/harbour/busybox/manifests/1`, { method: "HEAD", headers });
  return existing.status === 200 || (await fairlead(["build", "--source", folder, "--image", base])) !== undefined;
}

/** The arguments of the command line that ships. */
function shipArgs(): readonly string[] {
  return [
    ...["ship", `${servers.github.url}/${application}`, "--image", image, "--build-arg", `BASE=${base}`],
    ...["--flux-repository", `${servers.github.url}/${fleet}`, "--notify", `slack:${channel}`],
    ...["--config", join(files, "fairlead.yaml"), "--environment", "production"],
    ...["--report", "status", "--report", "deployment", "--report", "comment"],
  ];
}

async function ship(): Promise<Shipped | undefined> {
  const before = seen();
  const output = await fairlead([...shipArgs(), "--json"]);
  if (output === undefined) return undefined;
  const result = JSON.parse(output) as Omit<Shipped, "news">;
  return { ...result, news: seen() !== before };
}

/** Merges the pull request as a person does, and reports as Flux does, while another run of the command line waits for both. */
async function merge({ build: { commit } }: Shipped, number: number): Promise<boolean> {
  say("\nThe same command waits for the merge and for Flux. Both are done here: there is no cluster.\n");
  const act = async (): Promise<void> => {
    const merged = await servers.github.mergePull(fleet, number);
    servers.github.setStatus(fleet, merged, { state: "success", context: "kustomization/apps/1", description: "reconciliation succeeded" });
  };
  let acted: Promise<void> | undefined;
  const output = await fairlead([...shipArgs(), "--wait", "ready", "--json"], (text) => {
    if (text.includes("waiting for the merge")) acted ??= act();
  });
  await acted;
  if (output === undefined) return false;
  say("\nIt is deployed. The same reports say so now:\n");
  print(reportsOf(servers.github, commit));
  return true;
}

/** Ships the same commit by the module. It must find nothing left to do, and return the result of the command line. */
async function shipByDagger({ news: _news, ...shipped }: Shipped, variables: Readonly<Record<string, string>>): Promise<boolean> {
  const { github, slack } = servers;
  const args = [
    ...["call", `--github-url=${github.url}`, `--slack-api-url=${slack.url}`, `--plain-http=${hosts.join(",")}`],
    ...["ship", `--repository=${github.url}/${application}`, `--image=${image}`, `--build-args=BASE=${base}`],
    ...[`--flux-repository=${github.url}/${fleet}`, `--notify=slack:${channel}`, "--flux-path=apps"],
    ...[
      "--token=env:GITHUB_TOKEN",
      "--flux-token=env:GITHUB_TOKEN",
      "--credential-names=slack",
      "--credentials=env:SLACK_BOT_TOKEN",
      "json",
    ],
  ];
  say(
    `\nThe Dagger module ships the same commit, in a container without Git and without this machine's environment:\n\n$ dagger ${args.join(" ")}`,
  );
  const before = seen();
  const output = await finished(spawn("dagger", args, { stdio: ["ignore", "pipe", "inherit"], env: { ...env, ...variables } }));
  if (output === undefined) return false;
  // a pull request that an earlier run closed in favour of this one's is closed for a later run
  const without = (result: typeof shipped): unknown => ({ ...result, deploy: { ...result.deploy, superseded: [] } });
  const same = seen() === before && isDeepStrictEqual(without(JSON.parse(output) as typeof shipped), without(shipped));
  say(same ? "\nIt changed nothing, and returned the same result." : `\nIt changed something, or returned another result:\n${output}`);
  return same;
}

/** Returns the state that shows whether anything outside has changed. */
function seen(): string {
  const pulls = servers.github.pulls(fleet).map(({ number, state, headSha, body }) => [number, state, headSha, body]);
  return JSON.stringify([pulls, servers.github.deployments(application), servers.slack.messages]);
}

interface Shipped {
  readonly build: { readonly image: string; readonly commit: string };
  readonly deploy: {
    readonly changes: readonly { file: string; line: number }[];
    readonly pullRequest: { number: number; url: string } | null;
  };
  /** True if this run changed anything. */
  readonly news: boolean;
}

/** Shows the result as the servers have it, not as the run printed it. */
async function show({ build, deploy, news }: Shipped): Promise<void> {
  const output = await runImage(build.image);
  const pull = servers.github.pulls(fleet).find(({ number }) => number === deploy.pullRequest?.number);
  const message = servers.slack.messages.at(-1);
  const rows: Row[] = [
    ["commit", build.commit],
    ["image", build.image],
    ["edited", deploy.changes.map(({ file, line }) => `${file}:${line}`).join(", ") || "no file: the branch has this image already"],
    ["pull request", pull ? `#${pull.number} ${pull.title} (${pull.state})` : "none: there is nothing to change"],
    ["Slack", message ? `#harbour: ${message.text.split("\n")[0]}` : "no message"],
    ...reportsOf(servers.github, build.commit),
    ["it prints", output.trimEnd()],
  ];
  say(`\n${news ? "The commit is shipped" : "There was nothing to ship"}. This is what the servers have now:\n`);
  print(rows);
}

function print(rows: readonly Row[]): void {
  for (const [name, value] of rows) say(`  ${name.padEnd(14)}${value.replaceAll("\n", `\n${" ".repeat(16)}`)}`);
}

/** Pulls the image by its digest and runs it. */
async function runImage(reference: string): Promise<string> {
  const { connectDagger } = await import("../../src/dagger/engine/connect.ts");
  const session = await connectDagger({ signal: new AbortController().signal, report: () => undefined });
  try {
    return await session.use(`run ${reference}`, (dag) => dag.container().from(reference).withExec([], { useEntrypoint: true }).stdout());
  } finally {
    await session.close();
  }
}

/** Runs the command line as a person would, and shows its progress. Returns its output; undefined if it failed. */
async function fairlead(given: readonly string[], watch: (progress: string) => void = () => undefined): Promise<string | undefined> {
  const args = [...given, ...(native === undefined ? [] : hosts.flatMap((host) => ["--plain-http", host]))];
  say(`$ fairlead ${args.join(" ").replaceAll(`${process.cwd()}/`, "")}`);
  const child = spawn(process.execPath, ["bin/fairlead.ts", ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  child.stderr.pipe(process.stderr, { end: false });
  child.stderr.on("data", (data: Buffer) => watch(data.toString()));
  return await finished(child);
}
