import { globSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";
import { callsOf, commandLines, fencesOf, type Fence } from "./markdown.ts";
import { pushImage } from "../registries/content.ts";

// What the docs show after `<!-- transcript -->` is what fairlead prints to who runs it, in a world with the docs' application and Flux repository.
const token = "ghp_transcripts0123456789";
const slackToken = "xoxb-transcripts-0123456789";
let github: GitHub;
let registry: Registry;
let slack: Slack;
let commit: string;

beforeAll(async () => {
  [github, registry, slack] = await Promise.all([
    startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/app", "acme/fleet"] } } }),
    startRegistry(),
    startSlack({
      tokens: { [slackToken]: { scopes: ["chat:write", "channels:history"] } },
      channels: [{ id: "C0123456789", name: "releases", member: true }],
    }),
  ]);
  await github.createRepository("acme/app", { files: { Dockerfile: "FROM scratch\nCOPY . /\n" } });
  commit = await github.commit("acme/app", { branch: "main", files: { "app.txt": "hello\n" }, message: "Say hello" });
  await github.createRepository("acme/fleet", { files: fleetFiles(registry.host) });
  const push = (tag: string, revision: string): Promise<unknown> =>
    pushImage(
      { host: registry.host, repository: "acme/app" },
      {
        platform: { os: "linux", architecture: "amd64" },
        labels: { "org.opencontainers.image.source": `${github.url}/acme/app`, "org.opencontainers.image.revision": revision },
        tag,
      },
    );
  for (const tag of ["1.4.2", "1.4", "latest"]) await push(tag, commit);
  for (const tag of ["1.4.3", "sha-1a2b3c4d5e6f"]) await push(tag, "1".repeat(40));
});
afterAll(() => Promise.all([github, registry, slack].map((each) => each[Symbol.asyncDispose]())));

/** The manifests of docs/deploy.md. */
function fleetFiles(host: string): Readonly<Record<string, string>> {
  const [deployment = "", release = ""] = fencesOf(readFileSync("docs/deploy.md", "utf8"))
    .filter(({ language, code }) => language === "yaml" && code.includes("1.4.2"))
    .map(({ code }) => `${code.replaceAll("ghcr.io", host)}\n`);
  return { "apps/app/deployment.yaml": deployment, "apps/app/release.yaml": release };
}

/** A world's own names, each with the one that the docs have. */
function replaceHosts(text: string, from: 0 | 1): string {
  const names = [
    [github.url, "https://github.com"],
    [github.host, "github.com"],
    [registry.host, "ghcr.io"],
    [`sha-${commit.slice(0, 12)}`, "sha-7d3f0c9a1b2e"],
  ] as const;
  return names.reduce((replaced, pair) => replaced.replaceAll(pair[from], pair[1 - from]!), text);
}

/** Commits, digests and ids differ from world to world. */
function withoutIds(text: string): string {
  return text
    .replace(/\b[0-9a-f]{64}\b/g, "DIGEST")
    .replace(/\b[0-9a-f]{40}\b/g, "COMMIT")
    .replace(/\b[0-9a-f]{12}\b/g, "ID");
}

const pages = ["README.md", ...globSync("docs/*.md").sort()];
const transcripts = pages.flatMap((page) => {
  const text = readFileSync(page, "utf8");
  const marked = text.split("\n").flatMap((line, index) => (line.trim() === "<!-- transcript -->" ? [index + 1] : []));
  return fencesOf(text)
    .filter(({ line }) => marked.some((mark) => mark === line - 3 || mark === line - 2))
    .map((fence) => ({ name: `${page}:${fence.line}`, fence }));
});

/** Returns what follows the command in a block. */
function shownBy({ code }: Fence): string {
  const lines = code.split("\n");
  const last = lines.findIndex((line) => !line.endsWith("\\"));
  return `${lines.slice(last + 1).join("\n")}\n`;
}

test("README and docs have transcripts", () => {
  expect(transcripts.length).toBeGreaterThan(3);
});

test.for(transcripts)("the transcript at $name is what fairlead prints", async ({ fence }) => {
  const [command] = commandLines(fence);
  const [args = []] = callsOf("fairlead", command?.text ?? "");
  const env = {
    ...{ GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl, GITHUB_TOKEN: token },
    ...{ SLACK_API_URL: slack.url, SLACK_BOT_TOKEN: slackToken },
  };
  const { code, stdout, stderr } = await fairlead(
    args.map((word) => replaceHosts(word, 1)),
    env,
  );
  expect(code, stderr).toBe(0);
  const shown = replaceHosts(stdout, 0);
  expect(withoutIds(shown), `what fairlead prints now:\n${shown}`).toBe(withoutIds(shownBy(fence)));
});
