import { readFile } from "node:fs/promises";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";
import { fairlead, type Ended } from "../cli.ts";

/** The canary: a token that opens everything and must not show anywhere. */
export const token = "ghp_canary0123456789";
/** A token that may only read everything. */
export const readerToken = "ghp_canary-reader";
export const slackToken = "xoxb-canary-0123456789";
export const channel = "C0RELEASES";

/** An application, a Flux repository, a registry and Slack. */
export interface World extends AsyncDisposable {
  readonly github: GitHub;
  readonly registry: Registry;
  readonly slack: Slack;
  /** The bare repositories behind GitHub's. */
  readonly folders: { readonly app: string; readonly flux: string };
  readonly env: Readonly<Record<string, string>>;
  /** Runs the command line in this world. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Returns the arguments that ship the application. */
  ship(...more: readonly string[]): readonly string[];
}

/** A Dockerfile with a RUN of its own, based on Debian's busybox alone. */
export const dockerfile = `FROM scratch
COPY busybox /bin/busybox
ARG GREETING=hello
ENV GREETING=$GREETING
RUN ["/bin/busybox", "sh", "-c", "echo $GREETING > /greeting"]
ENTRYPOINT ["/bin/busybox", "cat", "/greeting"]
`;

/** Returns the files of the application. */
export async function applicationFiles(text = dockerfile): Promise<Record<string, string | { mode: "100755"; content: Uint8Array }>> {
  return { Dockerfile: text, busybox: { mode: "100755", content: await readFile("/bin/busybox") } };
}

/** Returns a Flux repository's files that run an image. */
export function fluxFiles(image: string): Record<string, string> {
  return {
    "README.md": `Nothing of ${image} here counts.\n`,
    "apps/app/deployment.yaml": `# kept\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          image: "${image}:none" # set by fairlead\n        - name: other\n          image: ghcr.io/acme/other:1.0\n`,
    "apps/app/kustomization.yaml": `kind: Kustomization\nresources: [deployment.yaml]\n`,
  };
}

/** Starts all of it. */
export async function startWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startRegistry());
  const repositories = ["acme/app", "acme/flux"];
  const tokens = { [token]: { login: "robot", write: repositories }, [readerToken]: { login: "reader", read: repositories } };
  const github = stack.use(await startGitHub({ tokens }));
  const slack = stack.use(
    await startSlack({
      tokens: { [slackToken]: { scopes: ["chat:write", "channels:history"] } },
      channels: [{ id: channel, name: "releases", member: true }],
    }),
  );
  const image = `${registry.host}/acme/app`;
  const app = await github.createRepository("acme/app", { private: true, files: await applicationFiles() });
  const flux = await github.createRepository("acme/flux", { private: true, files: fluxFiles(image) });
  const env = {
    GITHUB_SERVER_URL: github.url,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_TOKEN: token,
    SLACK_BOT_TOKEN: slackToken,
    SLACK_API_URL: slack.url,
  };
  const ended = stack.move();
  return {
    github,
    registry,
    slack,
    folders: { app, flux },
    env,
    run: (...args) => fairlead(args, env),
    ship: (...more) => [
      "ship",
      `${github.url}/acme/app`,
      ...["--image", image],
      ...["--flux-repository", `${github.url}/acme/flux`],
      ...["--notify", `slack:${channel}`],
      ...more,
    ],
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}
