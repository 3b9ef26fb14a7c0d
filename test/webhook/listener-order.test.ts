/** Deliveries that overtake each other, and some that never come: Git says what is done. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { type Registry } from "../doubles/registry.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";
import { fluxFiles, startImages } from "../pipelines/flux.ts";
import { pushImage } from "../registries/content.ts";
import { startListener, type Listener } from "./listener.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const [token, slackToken, channel] = ["ghp_canary0123456789", "xoxb-canary-of-slack", "C0RELEASES"];
let [github, registry, slack, listener]: [GitHub, Registry, Slack, Listener] = [] as never;

beforeAll(async () => {
  registry = await startImages();
  github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/app", "acme/flux"] } } });
  slack = await startSlack({
    tokens: { [slackToken]: { scopes: ["chat:write", "channels:history"] } },
    channels: [{ id: channel, name: "releases", member: true }],
  });
  await github.createRepository("acme/app", { private: true, files: { NEWS: "none\n" } });
  await github.createRepository("acme/flux", { private: true, files: fluxFiles(registry.host) });
  const image = `${registry.host}/acme/web:sha-\${{ event.commit }}`;
  const when = (branch: string) => ({ source: "ci", kind: "push", repository: `${github.host}/acme/app`, branch });
  const unreadable = { source: "ci", kind: "push", repository: "127.0.0.1:9/acme/away", branch: "main" };
  const told = { message: "${{ event.commit }}", to: [`slack:${channel}`] };
  listener = await startListener(
    {
      credentials: {
        [`${github.host}/acme/app`]: { token: "env:GIT" },
        [github.host]: { token: "env:GIT" },
        slack: { token: "env:SLACK" },
      },
      servers: { github: { url: github.url, api: github.apiUrl }, slack: { api: slack.url } },
      routes: [
        { name: "deploy", when: when("main"), run: "deploy", with: { images: [image], fluxRepository: `${github.url}/acme/flux` } },
        { name: "dev", when: when("main"), run: "retag", with: { source: image, tags: ["dev"] } },
        { name: "tell", when: when("main"), run: "notify", with: told },
        { name: "lost", when: when("lost"), run: "retag", with: { source: image, tags: ["lost"] } },
        { name: "away", when: unreadable, run: "notify", with: told },
        { name: "away-dev", when: unreadable, run: "retag", with: { source: image, tags: ["away"] }, attempts: 1 },
      ],
    },
    { GIT: token, SLACK: slackToken },
  );
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  for (const each of [github, slack, registry]) await each[Symbol.asyncDispose]();
});

/** Commits to a branch of the application, and pushes the image of the commit. */
async function commit(branch: string): Promise<{ readonly sha: string; readonly digest: string }> {
  const sha = await github.commit("acme/app", { branch, files: { NEWS: `${branch} ${Math.random()}\n` }, message: "Tell of it" });
  const platform = { os: "linux", architecture: "amd64" };
  const tag = `sha-${sha}`;
  const { digest } = await pushImage({ host: registry.host, repository: "acme/web" }, { platform, labels: { commit: sha }, tag });
  return { sha, digest };
}

const digestOf = async (tag: string): Promise<string | null> => {
  const accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
  const answer = await fetch(`${registry.url}/v2/acme/web/manifests/${tag}`, { method: "HEAD", headers: { accept } });
  return answer.headers.get("docker-content-digest");
};

async function deliver(branch: string, sha: string, repository = `${github.host}/acme/app`) {
  const { body } = await listener.deliver({ kind: "push", repository, branch, commit: sha, before: null });
  return await Promise.all((body.runs as string[]).map((id) => listener.run(id)));
}

test("an older push that comes later is skipped by deploy, retag and notify, whose input does not name its repository", async () => {
  const [old, head] = [await commit("main"), await commit("main")];
  const states = (runs: Awaited<ReturnType<typeof deliver>>) => runs.map(({ route, state, reason }) => [route, state, reason]);
  expect(states(await deliver("main", head.sha))).toEqual(["deploy", "dev", "tell"].map((name) => [name, "succeeded", undefined]));
  const reason = `main is at ${head.sha.slice(0, 12)} by now`;
  expect(states(await deliver("main", old.sha))).toEqual(["deploy", "dev", "tell"].map((name) => [name, "skipped", reason]));
  expect(await digestOf("dev")).toBe(head.digest);
  expect(github.pulls("acme/flux").map(({ state, title }) => [state, title])).toEqual([["open", `deploy acme/web sha-${head.sha}`]]);
  expect(slack.messages.filter(({ text }) => text.includes(old.sha))).toEqual([]);
});

test("the head whose delivery was lost is done when an older one is skipped, and once", async () => {
  const older = [await commit("lost"), await commit("lost")];
  const head = await commit("lost");
  for (const { sha } of older) expect(await deliver("lost", sha)).toMatchObject([{ state: "skipped" }]);
  const runs = await vi.waitFor(async () => {
    const all = (await listener.store.runs({ limit: 100 })).filter(({ route }) => route === "lost");
    if (all.some(({ endedAt }) => endedAt === undefined)) throw new Error("they have not ended");
    return all.toReversed();
  });
  expect(runs.map(({ event, state }) => ["commit" in event && event.commit, state])).toEqual([
    [older[0]!.sha, "skipped"],
    [head.sha, "succeeded"],
    [older[1]!.sha, "skipped"],
  ]);
  expect(await digestOf("lost")).toBe(head.digest);
});

test("a push whose repository cannot be read is told of with a warning in the log, and moves no tag", async () => {
  const [message, retagged] = await deliver("main", "a".repeat(40), "127.0.0.1:9/acme/away");
  expect([message!.state, retagged!.state]).toEqual(["succeeded", "parked"]);
  const lines = (await Array.fromAsync(listener.store.logOf(message!.id))).map(({ text }) => text);
  expect(lines).toContain("warning: the event may be out of date: read 127.0.0.1:9/acme/away: the server cannot be reached");
  expect(retagged!.error).toEqual({
    code: "unavailable",
    message: "see whether the event is out of date: read 127.0.0.1:9/acme/away: the server cannot be reached",
    hint: "name a credential that may read it, or give the route the policy every",
  });
});
