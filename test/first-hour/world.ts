import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gitEnvironment } from "../doubles/bare.ts";
import { startGitHub } from "../doubles/github.ts";
import { startRegistry } from "../doubles/registry.ts";
import { createFolder, type Running } from "../doubles/server.ts";
import { startSlack } from "../doubles/slack.ts";
import { pushImage } from "../registries/content.ts";

const tokens = {
  GITHUB_TOKEN: "ghp_firsthour0123456789",
  READ_ONLY_TOKEN: "ghp_readonly0123456789",
  SLACK_BOT_TOKEN: "xoxb-first-hour-0123456789",
};

/** What a new user has: an application, a Flux repository, three registries, Slack, and a folder to work in. */
export interface World extends AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Returns a text with this world's places in place of the documents' ones. */
  toWorld(text: string): string;
  /** Returns a text with the documents' places, and a word for all that differs from world to world. */
  toDocuments(text: string): string;
}

/** Starts the world: GitHub and Slack are doubles, the registries and Git are real. */
export async function startWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const folder = await createFolder(stack, "first-hour");
  const use = async <T extends Running>(starting: Promise<T>): Promise<T> => stack.use(await starting);
  const registry = await use(startRegistry());
  const [github, locked, readOnly, slack] = await Promise.all([
    use(
      startGitHub({
        tokens: {
          [tokens.GITHUB_TOKEN]: { login: "robot", write: ["acme/app", "acme/fleet"] },
          [tokens.READ_ONLY_TOKEN]: { login: "reader", read: ["acme/app", "acme/fleet"] },
        },
      }),
    ),
    use(startRegistry({ users: { robot: "a-long-password-of-the-robot" } })),
    use(startRegistry({ readOnly: true, folder: registry.folder })),
    use(
      startSlack({
        tokens: { [tokens.SLACK_BOT_TOKEN]: { scopes: ["chat:write", "channels:history"] } },
        channels: [{ id: "C0123456789", name: "releases", member: true }],
      }),
    ),
  ]);
  await github.createRepository("acme/app", { private: true, files: { Dockerfile: "FROM scratch\nCOPY . /\n", "app.txt": "hello\n" } });
  await github.createRepository("acme/empty", { private: true });
  await github.createRepository("acme/fleet", {
    private: true,
    files: { "apps/app/deployment.yaml": deployment(`${registry.host}/acme/app:1.4.2`) },
  });
  const place = { host: registry.host, repository: "acme/app" };
  const platform = { os: "linux", architecture: "amd64" };
  for (const tag of ["1.4.2", "1.4.3", "latest"]) await pushImage(place, { platform, labels: { tag }, tag });
  await fillFolder(folder);
  const started = stack.move();
  const names = [
    [github.url, "https://github.com"],
    [github.host, "github.com"],
    [registry.host, "ghcr.io"],
    [locked.host, "locked.example"],
    [readOnly.host, "readonly.example"],
    [folder, "/home/ada"],
  ] as const;
  return {
    folder,
    env: {
      ...{ GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl, SLACK_API_URL: slack.url, ...tokens },
      ...{ HOME: folder, TZ: "UTC" },
    },
    toWorld: (text) => names.reduce((replaced, [here, there]) => replaced.replaceAll(there, here), text),
    toDocuments: (text) => withoutIds(names.reduce((replaced, [here, there]) => replaced.replaceAll(here, there), text)),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** Commits, digests, times and ports differ from world to world. */
function withoutIds(text: string): string {
  return text
    .replace(/\b[0-9a-f]{64}\b/g, "DIGEST")
    .replace(/\b[0-9a-f]{40}\b/g, "COMMIT")
    .replace(/\b[0-9a-f]{12}\b/g, "ID")
    .replace(/\(\d+(\.\d+)? m?s\)/g, "(TIME)");
}

function deployment(image: string): string {
  return [
    "apiVersion: apps/v1",
    "kind: Deployment",
    "metadata: { name: app, namespace: shop }",
    "spec:",
    "  template:",
    "    spec:",
    "      containers:",
    "        - name: app",
    `          image: ${image}`,
    "",
  ].join("\n");
}

/** Folders of the user: a clean clone without a remote, one with changed files, a folder without Git, configurations with errors. */
async function fillFolder(folder: string): Promise<void> {
  const dockerfile = "FROM scratch\nCOPY . /\n";
  await write(folder, {
    "plain/Dockerfile": dockerfile,
    "no-remote/Dockerfile": dockerfile,
    "changed/Dockerfile": dockerfile,
    "manifests/app.yaml": deployment("ghcr.io/acme/app:1.4.2"),
    "flow/fairlead.yaml": configuration("    with: { repository: ${{ event.repository }}, image: ghcr.io/acme/app }"),
    "typos/fairlead.yaml": configuration(
      '    with: { repositry: "${{ event.repository }}", image: "ghcr.io/acme/app:${{ event.comit }}" }',
    ),
    "good/fairlead.yaml": configuration('    with: { repository: "${{ event.repository }}", image: ghcr.io/acme/app }'),
  });
  for (const clone of ["no-remote", "changed"]) {
    const cwd = join(folder, clone);
    await git(cwd, "init", "--quiet", "--initial-branch=main");
    await git(cwd, "add", "--all");
    await git(cwd, "commit", "--quiet", "--message=Begin");
  }
  await git(join(folder, "changed"), "remote", "add", "origin", "https://github.com/acme/app");
  await write(folder, { "changed/Dockerfile": `${dockerfile}# changed\n` });
}

async function git(cwd: string, ...args: readonly string[]): Promise<void> {
  await promisify(execFile)("git", args, { cwd, env: gitEnvironment });
}

function configuration(values: string): string {
  return [
    "version: 1",
    "sources:",
    "  github: { kind: github, secrets: [env:HOOK_SECRET] }",
    "routes:",
    "  - name: main",
    "    when: { source: github, kind: push, repository: github.com/acme/app, branch: main }",
    "    run: build",
    values,
    "",
  ].join("\n");
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}
