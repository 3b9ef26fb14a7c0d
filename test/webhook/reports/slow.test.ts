import { expect, test, vi } from "vitest";
import { startGitHub } from "../../doubles/github.ts";
import { startSlack } from "../../doubles/slack.ts";
import { channel, fluxFiles, slackToken, token } from "../../pipelines/world.ts";
import { startListener } from "../listener.ts";

vi.setConfig({ testTimeout: 120_000 });

test("a repository whose server does not answer holds up no report of another, and is told when it does", async () => {
  await using github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/app", "acme/slow"] } } });
  for (const name of ["acme/app", "acme/slow"]) await github.createRepository(name, { files: { "README.md": "# app\n" } });
  const channels = [{ id: channel, name: "releases", member: true }];
  await using slack = await startSlack({ tokens: { [slackToken]: { scopes: ["chat:write", "channels:history"] } }, channels });
  const tell = { run: "notify", with: { message: "pushed", to: [`slack:${channel}`] }, reports: ["status"] };
  await using listener = await startListener(
    {
      credentials: { [github.host]: { token: "env:GIT" }, slack: { token: "env:SLACK" } },
      servers: { github: { url: github.url, api: github.apiUrl }, slack: { api: slack.url } },
      routes: ["app", "slow"].map((name) => ({
        ...{ name, lane: `${name} \${{ event.branch }}`, ...tell },
        when: { source: "ci", kind: "push", repository: `${github.host}/acme/${name}`, branch: "*" },
      })),
      workers: { count: 1 },
    },
    { GIT: token, SLACK: slackToken },
  );
  const push = async (name: string, branch: string): Promise<string> => {
    const commit = await github.commit(`acme/${name}`, { branch, files: { [branch]: "1" }, message: branch });
    const event = { kind: "push", repository: `${github.host}/acme/${name}`, branch, commit, before: null } as const;
    const { body } = await listener.deliver(event);
    await listener.run((body.runs as readonly string[])[0]!, "succeeded");
    return commit;
  };
  const states = (name: string, commit: string): readonly string[] => github.statuses(`acme/${name}`, commit).map(({ state }) => state);
  const told = (name: string, commit: string): Promise<void> =>
    vi.waitFor(() => expect(states(name, commit).at(-1), listener.log()).toBe("success"), { timeout: 30_000, interval: 50 });

  const path = /\/acme\/slow\/.*status/;
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  for (let each = 0; each < 20; each++) github.before({ path }, () => answered); // each try
  const slow = [await push("slow", "one"), await push("slow", "two")] as const;
  await vi.waitFor(() => expect(github.requests.some((each) => path.test(each.path))).toBe(true), { timeout: 20_000, interval: 50 });
  await told("app", await push("app", "fast"));
  expect(slow.map((commit) => states("slow", commit))).toEqual([[], []]);
  answer();
  for (const commit of slow) await told("slow", commit);
});

test("a Flux repository whose server does not answer holds up no look at another, and is looked at when it does", async () => {
  const names = ["app", "flux", "slow"];
  const write = names.map((name) => `acme/${name}`);
  await using github = await startGitHub({ tokens: { [token]: { login: "robot", write } } });
  for (const name of write) await github.createRepository(name, { files: fluxFiles("registry.example.com/acme/app") });
  const images = ["registry.example.com/acme/app:${{ event.commit | short }}"];
  await using listener = await startListener(
    {
      credentials: { [github.host]: { token: "env:GIT" } },
      servers: { github: { url: github.url, api: github.apiUrl } },
      reports: "status",
      routes: ["flux", "slow"].map((name) => ({
        ...{ name, run: "deploy", waitForImage: "0s", with: { images, unchecked: true, fluxRepository: `${github.url}/acme/${name}` } },
        when: { source: "ci", kind: "push", repository: `${github.host}/acme/app`, branch: name },
      })),
      workers: { count: 1 },
    },
    { GIT: token },
  );
  const app = { kind: "push", repository: `${github.host}/acme/app`, before: null } as const;
  /** Deploys to a Flux repository, merges, and tells so without the merge's commit, so that the provider is asked. */
  const merge = async (name: string): Promise<string> => {
    const commit = await github.commit("acme/app", { branch: name, files: { [name]: "1" }, message: name });
    const { body } = await listener.deliver({ ...app, branch: name, commit });
    const [run] = body.runs as readonly [string];
    await listener.run(run, "succeeded");
    const { number } = github.pulls(`acme/${name}`)[0]!;
    await github.mergePull(`acme/${name}`, number);
    const merged = { repository: `${github.host}/acme/${name}`, number, branch: "x", commit, base: "main", fork: false } as const;
    await listener.deliver({ kind: "pull-request", action: "merged", ...merged });
    return run;
  };
  const stateOf = async (run: string): Promise<string | undefined> => (await listener.store.toldOf(run)).rollout?.state;
  const merged = (run: string): Promise<void> =>
    vi.waitFor(async () => expect(await stateOf(run), listener.log()).toBe("merged"), { timeout: 30_000, interval: 50 });

  const path = /\/acme\/slow\/pulls\/\d+$/;
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const hang = (): void => void github.before({ path }, () => (hang(), answered)); // each try
  const asked = (): boolean => github.requests.some((each) => path.test(each.path));
  const deployed = merge("slow");
  hang();
  const slow = await deployed;
  await vi.waitFor(() => expect(asked()).toBe(true), { timeout: 20_000, interval: 50 });
  await merged(await merge("flux"));
  expect(await stateOf(slow)).toBe("proposed");
  answer();
  await merged(slow);
});
