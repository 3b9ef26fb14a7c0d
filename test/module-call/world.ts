/** What the module's functions need around them, where a module's container reaches it: on the engine's bridge. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fairlead, type Ended, type Running } from "../cli.ts";
import { daggerCall, startDaggerCall } from "../dagger-call.ts";
import { git } from "../doubles/bare.ts";
import { takeBridgePlace } from "../doubles/bridge.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";
import { applicationFiles, channel, fluxFiles, slackToken, token } from "../pipelines/world.ts";

/** An application, two equal Flux repositories, a registry and Slack. */
export interface BridgeWorld extends AsyncDisposable {
  readonly github: GitHub;
  readonly registry: Registry;
  readonly slack: Slack;
  /** The bare repositories behind GitHub's: the second of Flux is where the command line does what a call has done in the first. */
  readonly folders: Readonly<Record<"app" | "flux" | "twin", string>>;
  /** A clone of the application, with GitHub as its origin. */
  readonly clone: string;
  /** All that the calls have printed. */
  readonly printed: readonly string[];
  image(tag: string): string;
  /** The URL of a repository at GitHub. */
  url(repository: string): string;
  /** Calls a function of the module, however it ends. */
  call(...args: readonly string[]): Promise<Ended>;
  /** Calls one that must succeed, and returns what it printed. */
  result(...args: readonly string[]): Promise<string>;
  /** Starts a call, to be stopped. */
  start(...args: readonly string[]): Promise<Running>;
  /** Runs a pipeline by the command line, which must succeed, and returns its result. */
  cli(...args: readonly string[]): Promise<unknown>;
}

/** The references to the secrets, as a call is given them. */
export const opens = {
  repository: "--token=env:OPENS_GITHUB",
  flux: "--flux-token=env:OPENS_GITHUB",
  slack: ["--credential-names=slack", "--credentials=env:OPENS_SLACK"],
} as const;

/** What opens everything, and must be seen nowhere. */
export const secrets = { OPENS_GITHUB: token, OPENS_SLACK: slackToken };

export async function startBridgeWorld(): Promise<BridgeWorld> {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startRegistry(stack.use(await takeBridgePlace())));
  const tokens = { [token]: { login: "robot", write: ["*"] } };
  const github = stack.use(await startGitHub({ tokens, ...stack.use(await takeBridgePlace()) }));
  const slack = stack.use(
    await startSlack({
      ...stack.use(await takeBridgePlace()),
      tokens: { [slackToken]: { scopes: ["chat:write", "channels:history"] } },
      channels: [{ id: channel, name: "releases", member: true }],
    }),
  );
  const app = await github.createRepository("acme/app", { private: true, files: await applicationFiles() });
  const files = fluxFiles(`${registry.host}/acme/app`);
  const flux = await github.createRepository("acme/flux", { private: true, files });
  const twin = await github.createRepository("acme/twin", { private: true, files });
  const clone = await mkdtemp(join(tmpdir(), "fairlead-module-call-"));
  stack.defer(() => rm(clone, { recursive: true, force: true }));
  await git(app, ["clone", "--quiet", app, clone]);
  await git(join(clone, ".git"), ["remote", "set-url", "origin", `${github.url}/acme/app.git`]);
  const hosts = [github.host, registry.host, slack.host];
  const servers = [`--github-url=${github.url}`, `--slack-api-url=${slack.url}`, `--plain-http=${hosts.join(",")}`];
  const inShell = {
    ...{ GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl, GITHUB_TOKEN: token },
    ...{ SLACK_API_URL: slack.url, SLACK_BOT_TOKEN: slackToken },
  };
  const printed: string[] = [];
  const call: BridgeWorld["call"] = async (...args) => {
    const ended = await daggerCall([...servers, ...args], { env: secrets });
    printed.push(ended.stdout, ended.stderr);
    return ended;
  };
  const ended = stack.move();
  return {
    ...{ github, registry, slack, folders: { app, flux, twin }, clone, printed, call },
    image: (tag) => `${registry.host}/acme/app:${tag}`,
    url: (repository) => `${github.url}/${repository}`,
    async result(...args) {
      const { code, stdout, stderr } = await call(...args);
      if (code !== 0) throw new Error(`dagger call ${args.join(" ")}: exit code ${code}\n${stderr}`);
      return stdout;
    },
    start: (...args) => startDaggerCall([...servers, ...args], { env: secrets }),
    async cli(...args) {
      const { code, stdout, stderr } = await fairlead([...args, "--json", ...hosts.flatMap((host) => ["--plain-http", host])], inShell);
      if (code !== 0) throw new Error(`fairlead ${args.join(" ")}: exit code ${code}\n${stderr}`);
      return JSON.parse(stdout) as unknown;
    },
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}
