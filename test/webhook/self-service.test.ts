/** One route for all repositories in which an App is installed, and a file in each: hook, listener, GitHub, message. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";
import { startListener, type Listener } from "./listener.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const slackToken = "xoxb-canary-of-slack";
const channel = "C0RELEASES";
const files: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "acme/app": { ".fairlead.yaml": "message: we are on\n" },
  "acme/off": { "README.md": "Off.\n" },
  "acme/wrong": { ".fairlead.yaml": "message: x\nto: [slack:C0OTHERS]\n" },
  "acme/foreign": { ".fairlead.yaml": "message: nobody asked\n" },
};
let [github, slack, listener] = [] as unknown as [GitHub, Slack, Listener];

beforeAll(async () => {
  github = await startGitHub();
  for (const [name, each] of Object.entries(files)) await github.createRepository(name, { files: each, private: true });
  const app = github.createApp({ slug: "fairlead-acme", permissions: { contents: "read", metadata: "read" } });
  github.installApp({ app: app.id, account: "acme", repositories: ["acme/app", "acme/off", "acme/wrong"] });
  const tokens = { [slackToken]: { scopes: ["chat:write", "channels:history"] } };
  slack = await startSlack({ tokens, channels: [{ id: channel, name: "releases", member: true }] });
  const when = { source: "ci", kind: "push", repository: `${github.host}/acme/*`, branch: "main" };
  const tell = { message: "${{ event.repository.name }}", to: [`slack:${channel}`], key: "${{ event.commit }}" };
  listener = await startListener(
    {
      credentials: { [github.host]: { app: app.id, key: "env:APP_KEY" }, slack: { token: "env:SLACK" } },
      servers: { github: { url: github.url, api: github.apiUrl }, slack: { api: slack.url } },
      routes: [{ name: "tell", when, run: "notify", with: tell, "from-repository": ["message"] }],
      workers: { count: 1 },
    },
    { APP_KEY: app.pem, SLACK: slackToken },
  );
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  await slack[Symbol.asyncDispose]();
  expect([github.unknown, github.violations]).toEqual([[], []]);
  await github[Symbol.asyncDispose]();
});

/** Pushes to the default branch of a repository, and returns the end of the run. */
async function pushTo(name: string): Promise<object> {
  const commit = await github.commit(name, { branch: "main", message: "x", files: { NEWS: "x\n" } });
  const push = { kind: "push", repository: `${github.host}/${name}`, branch: "main", commit, before: null } as const;
  const { status, body } = await listener.deliver(push);
  expect(status).toBe(202);
  const { state, reason, error } = await listener.run((body.runs as string[])[0]!);
  const harmless = (text = ""): string => text.replaceAll(github.host, "HOST");
  return {
    state,
    ...(reason !== undefined && { reason: harmless(reason) }),
    ...(error && { code: error.code, message: harmless(error.message) }),
  };
}

test("a repository that has switched a route on sets what the route lets it, by a token of the App for this repository alone", async () => {
  expect(await pushTo("acme/app")).toEqual({ state: "succeeded" });
  expect(slack.messages.map(({ text }) => text)).toEqual([expect.stringContaining("we are on")]);
  const minted = github.mintedTokens().map(({ repositories, permissions }) => ({ repositories, contents: permissions.contents }));
  expect(minted.length).toBeGreaterThan(0);
  expect(new Set(minted.map((each) => JSON.stringify(each)))).toEqual(
    new Set([JSON.stringify({ repositories: ["acme/app"], contents: "read" })]),
  );
});

test("a repository without the file, and one in which the App is not installed, are skipped with why, and tell nobody", async () => {
  const told = slack.messages.length;
  expect(await pushTo("acme/off")).toEqual({
    state: "skipped",
    reason: "HOST/acme/off has no .fairlead.yaml on main: it is not switched on",
  });
  expect(await pushTo("acme/foreign")).toEqual({
    state: "skipped",
    reason: "the App is not installed in HOST/acme/foreign, or it is empty",
  });
  expect(slack.messages).toHaveLength(told);
});

test("a repository that sets more than the route lets it ends the run as failed, with file, line and column", async () => {
  expect(await pushTo("acme/wrong")).toEqual({
    ...{ state: "failed", code: "input", message: "HOST/acme/wrong/.fairlead.yaml:2:1 to: there is no such field" },
  });
});
