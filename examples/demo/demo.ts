// `npm run demo`: ships one commit of the application in `app/` for real, on this machine alone. The Git server, the registry and
// Slack are started here and end with it; what they hold stays in `.cache/demo`, so that a second run finds what the first one did.
import { spawn } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { prepareEngine } from "../../test/doubles/bridge.ts";
import { useChosenEngine } from "../../test/doubles/engine.ts";
import { startGitHub, type GitHub } from "../../test/doubles/github.ts";
import { startRegistry, type Registry } from "../../test/doubles/registry.ts";
import { startSlack, type Slack } from "../../test/doubles/slack.ts";
import { choosePlaces } from "./places.ts";

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
const image = `${servers.registry.host}/harbour/tide`;

await fillRepositories();
say("This demo ships one commit: it builds an image, pushes it, opens a pull request and posts a message.");
say("The engine, Git and the registry are real. GitHub and Slack are test servers on this machine.\n");
const shipped = (await makeBase()) ? await ship() : undefined;
if (shipped === undefined) process.exitCode = 1;
else {
  await show(shipped);
  if (native !== undefined && !(await shipByDagger(shipped, native))) process.exitCode = 1;
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
      tokens: { [secrets.GITHUB_TOKEN]: { login: "harbour-bot", write: ["harbour/tide", "harbour/fleet"] } },
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

/**
 * Fills the application's and the Flux repository the first time. Each time, it pushes the commits of the working copy.
 */
async function fillRepositories(): Promise<void> {
  if (!existsSync(work)) {
    await servers.github.createRepository("harbour/tide", { private: true });
    await servers.github.createRepository("harbour/fleet", { private: true });
    const fleet = join(home, "fleet");
    await cp(join(files, "flux"), fleet, { recursive: true });
    const manifest = join(fleet, "apps/tide/cronjob.yaml");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace("REGISTRY/harbour/tide", image));
    await commitAll(fleet, "Run the harbour");
    await push(fleet, "harbour/fleet");
    await rm(fleet, { recursive: true });
    await cp(join(files, "app"), work, { recursive: true });
    await commitAll(work, "Print the next high water");
  }
  await push(work, "harbour/tide");
}

/** Makes the base image from Debian's busybox, by fairlead itself: there is no Docker Hub here. Returns false if that failed. */
async function makeBase(): Promise<boolean> {
  const folder = join(home, "base");
  await cp(join(files, "base"), folder, { recursive: true });
  await cp("/bin/busybox", join(folder, "busybox"));
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
  const existing = await fetch(`http://${servers.registry.host}/v2/harbour/busybox/manifests/1`, { method: "HEAD", headers });
  return existing.status === 200 || (await fairlead("build", "--source", folder, "--image", base)) !== undefined;
}

async function ship(): Promise<Shipped | undefined> {
  const args = [
    ...["ship", `${servers.github.url}/harbour/tide`, "--image", image, "--build-arg", `BASE=${base}`],
    ...["--flux-repository", `${servers.github.url}/harbour/fleet`, "--notify", `slack:${channel}`],
  ];
  const before = seen();
  const output = await fairlead(...args, "--json");
  if (output === undefined) return undefined;
  const result = JSON.parse(output) as Omit<Shipped, "news">;
  return { ...result, news: seen() !== before };
}

/** Ships the same commit by the module. It must find nothing left to do, and return the result of the command line. */
async function shipByDagger({ news: _news, ...shipped }: Shipped, variables: Readonly<Record<string, string>>): Promise<boolean> {
  const { github, slack } = servers;
  const args = [
    ...["call", `--github-url=${github.url}`, `--slack-api-url=${slack.url}`, `--plain-http=${hosts.join(",")}`],
    ...["ship", `--repository=${github.url}/harbour/tide`, `--image=${image}`, `--build-args=BASE=${base}`],
    ...[`--flux-repository=${github.url}/harbour/fleet`, `--notify=slack:${channel}`],
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
  const pulls = servers.github.pulls("harbour/fleet").map(({ number, state, headSha, body }) => [number, state, headSha, body]);
  return JSON.stringify([pulls, servers.slack.messages]);
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
  const pull = servers.github.pulls("harbour/fleet").find(({ number }) => number === deploy.pullRequest?.number);
  const message = servers.slack.messages.at(-1);
  const rows: [string, string][] = [
    ["commit", build.commit],
    ["image", build.image],
    ["edited", deploy.changes.map(({ file, line }) => `${file}:${line}`).join(", ") || "no file: the branch has this image already"],
    ["pull request", pull ? `#${pull.number} ${pull.title} (${pull.state})` : "none: there is nothing to change"],
    ["Slack", message ? `#harbour: ${message.text.split("\n")[0]}` : "no message"],
    [
      "it prints",
      output
        .trimEnd()
        .split("\n")
        .join(`\n${" ".repeat(16)}`),
    ],
  ];
  say(`\n${news ? "The commit is shipped" : "There was nothing to ship"}. This is what the servers have now:\n`);
  for (const [name, value] of rows) say(`  ${name.padEnd(14)}${value}`);
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
async function fairlead(...given: readonly string[]): Promise<string | undefined> {
  const args = [...given, ...(native === undefined ? [] : hosts.flatMap((host) => ["--plain-http", host]))];
  say(`$ fairlead ${args.join(" ").replaceAll(`${process.cwd()}/`, "")}`);
  const child = spawn(process.execPath, ["bin/fairlead.ts", ...args], { stdio: ["ignore", "pipe", "inherit"], env });
  return await finished(child);
}

async function commitAll(folder: string, message: string): Promise<void> {
  const who = ["-c", "user.name=harbour", "-c", "user.email=harbour@example.com"];
  for (const args of [
    ["init", "--quiet", "--initial-branch=main"],
    ["add", "--all"],
    [...who, "commit", "--quiet", "-m", message],
  ])
    await git(folder, ...args);
}

async function push(folder: string, repository: string): Promise<void> {
  const header = `Authorization: Basic ${Buffer.from(`x-access-token:${secrets.GITHUB_TOKEN}`).toString("base64")}`;
  await git(folder, "-c", `http.extraheader=${header}`, "push", "--quiet", `${servers.github.url}/${repository}`, "HEAD:main");
}

async function git(folder: string, ...args: readonly string[]): Promise<void> {
  const child = spawn("git", ["-C", folder, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH, HOME: home },
  });
  if ((await finished(child)) === undefined) throw new Error(`git ${args.join(" ")} failed in ${folder}`);
}

async function finished(child: ReturnType<typeof spawn>): Promise<string | undefined> {
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const code = await new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
  return code === 0 ? printed : undefined;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
