/** One repository has the application and its manifests: what fairlead writes there must not start it again. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { type Registry } from "../doubles/registry.ts";
import { git } from "../doubles/bare.ts";
import { fluxFiles, startImages } from "../pipelines/flux.ts";
import { startListener, type Listener } from "./listener.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const token = "ghp_canary0123456789";
let [github, registry, listener, folder, pulls]: [GitHub, Registry, Listener, string, string] = [] as never;

beforeAll(async () => {
  registry = await startImages();
  github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/mono", "acme/pulls"] } } });
  folder = await github.createRepository("acme/mono", { private: true, files: { ...fluxFiles(registry.host), NEWS: "none\n" } });
  pulls = await github.createRepository("acme/pulls", { private: true, squashByTitle: true, files: fluxFiles(registry.host) });
  const when = (branch: string, more: object = {}) => ({
    source: "ci",
    kind: "push",
    repository: `${github.host}/acme/mono`,
    branch,
    ...more,
  });
  const deploy = { images: [`${registry.host}/acme/web:1.1.0`], fluxRepository: `${github.url}/acme/mono`, fluxPath: "apps/web" };
  listener = await startListener(
    {
      credentials: { [github.host]: { token: "env:GIT" } },
      servers: { github: { url: github.url, api: github.apiUrl } },
      routes: [
        {
          name: "pulls",
          when: { ...when("**"), repository: `${github.host}/acme/pulls` },
          run: "deploy",
          with: { ...deploy, fluxRepository: `${github.url}/acme/pulls` },
        },
        { name: "direct", when: when("main"), run: "deploy", with: { ...deploy, direct: true } },
        {
          name: "paths",
          when: when("next", { paths: ["src/**", "!**/*.md"] }),
          run: "retag",
          with: { source: `${registry.host}/acme/web:1.2.0`, tags: ["next"] },
        },
      ],
      workers: { count: 1 },
    },
    { GIT: token },
  );
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  for (const each of [github, registry]) await each[Symbol.asyncDispose]();
});

const head = (branch: string): Promise<string> => git(folder, ["rev-parse", branch]);

async function deliver(branch: string, before: string) {
  const event = { kind: "push", repository: `${github.host}/acme/mono`, branch, commit: await head(branch), before } as const;
  const { body } = await listener.deliver(event);
  return await listener.run((body.runs as string[])[0]!);
}

test("a commit of fairlead's own, of which the payload says nothing, is read, and its run ends as skipped", async () => {
  const start = await head("main");
  const person = await github.commit("acme/mono", { branch: "main", files: { NEWS: "1\n" }, message: "Tell of it" });
  expect(await deliver("main", start)).toMatchObject({ state: "succeeded" });
  const own = await head("main");
  expect(own).not.toBe(person);
  expect(await deliver("main", person)).toMatchObject({ state: "skipped", reason: "all its commits are fairlead's own" });
  expect(await head("main")).toBe(own);
  expect(listener.log()).toContain('route \\"direct\\" writes what it listens to: what is all fairlead');
});

test("a push whose branch fairlead alone has moved on is no older one, and one with a person's commit on top is", async () => {
  const start = await head("main~1");
  const behind = {
    kind: "push",
    repository: `${github.host}/acme/mono`,
    branch: "main",
    commit: start,
    before: `${start.slice(0, 39)}0`,
  } as const;
  const runs = (await listener.deliver({ ...behind, before: null })).body.runs as string[];
  expect(await listener.run(runs[0]!)).toMatchObject({ state: "succeeded" });
  await github.commit("acme/mono", { branch: "main", files: { NEWS: "2\n" }, message: "Tell of more" });
  const more = (await listener.deliver({ ...behind, before: null })).body.runs as string[];
  expect(await listener.run(more[0]!)).toMatchObject({ state: "skipped", reason: expect.stringMatching(/^main is at /) as string });
});

test("paths of which the payload says nothing are read, over all pushes for which a run stands", async () => {
  const base = await head("main");
  const commit = (path: string) => github.commit("acme/mono", { branch: "next", files: { [path]: `${Math.random()}\n` }, message: path });
  await github.commit("acme/mono", { branch: "next", files: { "docs/a": "1\n" }, message: "docs" });
  const docs = await head("next");
  expect(await deliver("next", base)).toMatchObject({ state: "skipped", reason: "it changes no path of src/**, !**/*.md" });
  const source = await commit("src/a.ts");
  await commit("src/a.md");
  expect(await deliver("next", source)).toMatchObject({ state: "skipped", reason: "it changes no path of src/**, !**/*.md" });
  // the delivery of the source comes late: the head is done for its sake
  const late = { kind: "push", repository: `${github.host}/acme/mono`, branch: "next", commit: source, before: docs } as const;
  const { body } = await listener.deliver(late);
  await listener.run((body.runs as string[])[0]!, "skipped");
  const { runs } = await vi.waitFor(async () => {
    const delivery = await listener.store.delivery(body.delivery as string);
    if (delivery?.runs.length !== 2) throw new Error("there is no run of the head");
    return delivery;
  });
  expect(await listener.run(runs[1]!)).toMatchObject({ state: "succeeded", event: { commit: await head("next"), before: docs } });
});

/** Delivers a push to the repository of pull requests, whose payload says nothing of its commits. */
async function pushPulls(branch: string, before: string | null) {
  const commit = await git(pulls, ["rev-parse", branch]);
  const { body } = await listener.deliver({ kind: "push", repository: `${github.host}/acme/pulls`, branch, commit, before });
  return await listener.run((body.runs as string[])[0]!);
}

const branchOf = (number: number): string => String(github.pulls("acme/pulls")[number - 1]!.head);
const skippedAsOurs = { state: "skipped", reason: "all its commits are fairlead's own" };

test("fairlead's new branch, and what a person squashes of it by its title alone, start nothing again; a person's work in it does", async () => {
  const mainOf = (): Promise<string> => git(pulls, ["rev-parse", "main"]);
  const person = (branch: string, path: string) =>
    github.commit("acme/pulls", { branch, files: { [path]: "1\n" }, message: `Change ${path} (#9)` });
  const start = await mainOf();
  await person("main", "a.txt");
  expect(await pushPulls("main", start)).toMatchObject({ state: "succeeded" });
  expect(await pushPulls(branchOf(1), null)).toMatchObject(skippedAsOurs);
  const before = await mainOf();
  await github.mergePull("acme/pulls", 1, "squash");
  expect(await git(pulls, ["log", "-1", "--format=%B", "main"])).toMatch(/^deploy [^\n]* \(#1\)$/);
  expect(await pushPulls("main", before)).toMatchObject(skippedAsOurs);

  await github.commit("acme/pulls", { branch: "main", files: fluxFiles(registry.host), message: "Go back" });
  expect(await pushPulls("main", null)).toMatchObject({ state: "succeeded" });
  await person(branchOf(2), "login.txt");
  expect(await pushPulls(branchOf(2), null)).toMatchObject({ state: "succeeded" });
  const both = await mainOf();
  await github.mergePull("acme/pulls", 2, "squash");
  expect(await pushPulls("main", both)).toMatchObject({ state: "succeeded" });
});
