import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi, onTestFinished } from "vitest";
import { pipelines } from "../../src/pipelines/index.ts";
import { functionName } from "../../scripts/generate/names.ts";
import { callError, daggerCall } from "../dagger-call.ts";
import { git } from "../doubles/bare.ts";
import { readPublished } from "../pipelines/published.ts";
import { deploy, quay } from "../pipelines/actions.ts";
import { channel, fluxFiles } from "../pipelines/world.ts";
import { noEngine } from "../pipelines/workshop.ts";
import { moduleFiles } from "./module-files.ts";
import { opens, secrets, startBridgeWorld, type BridgeWorld } from "./world.ts";

// A call takes seconds by itself, and many times that beside others.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let world: BridgeWorld;
beforeAll(async () => {
  world = await startBridgeWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** The result of a call, as the command line's --json prints it. */
async function json(...args: readonly string[]): Promise<unknown> {
  return JSON.parse(await world.result(...args, "json")) as unknown;
}

/** How much has been changed at the servers until now. */
function changes(): readonly number[] {
  const { github, slack } = world;
  return [github.requests.filter(({ write }) => write).length, slack.messages.length];
}

/** Calls a function, again, and the same by the command line: all three say the same, and only the first changes anything. */
async function callThenRepeat(call: readonly string[], cli: readonly string[]): Promise<unknown> {
  const first = await json(...call);
  const before = changes();
  const again = await world.call(...call, "json");
  expect(JSON.parse(again.stdout), again.stderr).toEqual(first);
  expect(again.stderr).toMatch(/ unchanged$/m);
  expect(again.stderr).not.toMatch(/ done$/m);
  expect(await world.cli(...cli)).toEqual(first);
  expect(changes()).toEqual(before);
  return first;
}

/** Dispatches to a repository of its own, by a call and by the command line: both say the same, but of which run. */
async function dispatchTwice(name: string, flags: readonly string[], lists: readonly string[] = []): Promise<void> {
  const repository = `acme/${name}`;
  const files = { ".github/workflows/deploy.yaml": deploy, ".github/workflows/quay.yml": quay };
  await world.github.createRepository(repository, { private: true, files });
  const called = await json(name, `--repository=${world.url(repository)}`, ...flags, ...lists, opens.repository);
  const commanded = await world.cli(name, world.url(repository), ...flags, ...lists.map((flag) => flag.replace("--inputs", "--input")));
  expect(withoutRun(called)).toEqual(withoutRun(commanded));
}

/** What one function does, beside what the command line does. They are run in this order. */
const cases: Readonly<Record<string, () => Promise<void>>> = {
  /** The tree that Git makes of the files is the commit's own. */
  async clone() {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "fairlead-cloned-"));
    stack.defer(() => rm(folder, { recursive: true }));
    await world.result(
      "clone",
      `--repository=${world.url("acme/app")}`,
      "--ref=main",
      opens.repository,
      "export",
      `--path=${folder}/files`,
    );
    const own = { GIT_INDEX_FILE: join(folder, "index"), GIT_WORK_TREE: join(folder, "files") };
    await git(world.folders.app, ["add", "--all"], { env: own });
    const tree = await git(world.folders.app, ["write-tree"], { env: own });
    expect(tree).toBe(await git(world.folders.app, ["rev-parse", "main^{tree}"]));
  },

  async image() {
    await world.cli("build", "--source", world.clone, "--image", world.image("image"), "--build-arg", "GREETING=good morning");
    const pushed = await readPublished(world.registry, "acme/app", "image");
    const made = ["image", `--source=${world.clone}`, "--build-args=GREETING=good morning"];
    expect(await world.result(...made, "with-exec", "--args=/bin/busybox,cat,/greeting", "stdout")).toBe("good morning");
    await world.result(...made, "publish", `--address=${world.image("published")}`);
    const published = await readPublished(world.registry, "acme/app", "published");
    // It has no tag, and Dagger does not tell when a commit was made.
    const { ["org.opencontainers.image.version"]: version, ["org.opencontainers.image.created"]: created, ...labels } = labelsOf(pushed);
    expect([version, typeof created]).toEqual(["image", "string"]);
    expect(labelsOf(published)).toEqual(labels);
  },

  async build() {
    const input = ["--ref=main", "--tags=1.0", "--build-args=GREETING=hello"];
    const call = ["build", `--image=${world.image("1.0.0")}`, `--repository=${world.url("acme/app")}`, opens.repository, ...input];
    const cli = ["build", world.url("acme/app"), "--ref", "main", "--tag", "1.0", "--build-arg", "GREETING=hello"];
    const first = await callThenRepeat(call, [...cli, "--image", world.image("1.0.0"), ...noEngine]);
    expect(first).toMatchObject({ tags: ["1.0.0", "1.0"], commit: await git(world.folders.app, ["rev-parse", "main"]) });
    // The same build by the command line, beside it: the same image.
    const beside = await world.cli(...cli, "--image", `${world.registry.host}/acme/beside:1.0.0`);
    const { digest } = first as { readonly digest: string };
    expect(beside).toMatchObject({ digest });
    const [ours, theirs] = [
      await readPublished(world.registry, "acme/app", "1.0.0"),
      await readPublished(world.registry, "acme/beside", "1.0.0"),
    ];
    expect(ours).toEqual(theirs);
    // And a call after the command line has nothing to do, with a folder of that commit either.
    const folder = await world.call(
      "build",
      `--image=${world.registry.host}/acme/beside:1.0.0`,
      `--source=${world.clone}`,
      ...input.slice(1),
      "digest",
    );
    expect(folder.stdout, folder.stderr).toBe(digest);
    expect(folder.stderr).toMatch(/ push .*: unchanged$/m);
  },

  async createRepository() {
    const ended = await world.call("create-repository", "--image=123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app");
    expect({ code: ended.code, error: callError(ended) }, ended.stderr).toMatchInlineSnapshot(`
      {
        "code": 1,
        "error": "use 123456789012.dkr.ecr.eu-west-1.amazonaws.com: a Dagger module has no AWS credentials of its own
      hint: give registryUsername AWS and, as registryPassword, what \`aws ecr get-login-password\` prints; create repositories with the fairlead command line",
      }
    `);
  },

  /** The command line deploys into the twin of the Flux repository. */
  async deploy() {
    const image = world.image("1.0.0");
    const call = ["deploy", `--images=${image}`, opens.flux, "--labels=release"];
    const cli = ["deploy", image, "--label", "release"];
    const repository = (name: string): string => world.url(`acme/${name}`);
    const first = await callThenRepeat(
      [...call, `--flux-repository=${repository("flux")}`],
      [...cli, "--flux-repository", repository("flux")],
    );
    const beside = await world.cli(...cli, "--flux-repository", repository("twin"));
    const { branch } = first as { readonly branch: string };
    expect(likeOther(beside)).toEqual(likeOther(first));
    expect(await git(world.folders.flux, ["ls-tree", "-r", branch])).toBe(await git(world.folders.twin, ["ls-tree", "-r", branch]));
    // Git's own commits are made by fairlead, those of the API by whoever the token is.
    const message = ["log", "-1", "--format=%B", branch];
    expect(likeOther(await git(world.folders.flux, message))).toEqual(likeOther(await git(world.folders.twin, message)));
    const shown = (name: string): unknown => {
      const [{ title, body, head, base, draft, state } = expect.fail("there is no pull request")] = world.github.pulls(`acme/${name}`);
      return likeOther({ title, body, head, base, draft, state, labels: world.github.additions(`acme/${name}`, 1).labels });
    };
    expect(shown("flux")).toEqual(shown("twin"));
    // A call after the command line finds its pull request.
    expect(await json(...call, `--flux-repository=${repository("twin")}`)).toEqual(beside);
  },

  /** Each call makes the event again, as each command does. */
  async dispatchRepository() {
    const event = ["--event=QUAY_BUILD_SUCCESS", "--payload=text=42d4a62"];
    await dispatchTwice("dispatch-repository", event);
    const body = { event_type: "QUAY_BUILD_SUCCESS", client_payload: { text: "42d4a62" } };
    expect(world.github.dispatched("acme/dispatch-repository")).toEqual([body, body]);
  },

  /** Each call starts the workflow again, as each command does. */
  async dispatchWorkflow() {
    await dispatchTwice("dispatch-workflow", ["--workflow=deploy.yaml", "--ref=main"], ["--inputs=environment=staging"]);
    const started = { workflow: "deploy.yaml", ref: "main", inputs: { environment: "staging" } };
    expect(world.github.dispatched("acme/dispatch-workflow")).toEqual([started, started]);
  },

  async notify() {
    const call = ["notify", "--message=1.0.0 is out", `--to=slack:${channel}`, "--fields=stage=live", "--key=1.0.0", ...opens.slack];
    await callThenRepeat(call, ["notify", "1.0.0 is out", "--to", `slack:${channel}`, "--field", "stage=live", "--key", "1.0.0"]);
    await world.cli("notify", "1.0.0 is out", "--to", `slack:${channel}`, "--field", "stage=live", "--key", "other");
    const [ours, theirs] = world.slack.messages;
    expect([ours!.text, ours!.blocks]).toEqual([theirs!.text, theirs!.blocks]);
  },

  async retag() {
    const first = await json("retag", `--source=${world.image("1.0.0")}`, "--tags=live,1");
    expect(await world.cli("retag", world.image("1.0.0"), "live", "1")).toEqual(unchanged(first));
    expect(await json("retag", `--source=${world.image("1.0.0")}`, "--tags=live,1")).toEqual(unchanged(first));
    const { digest } = (await readPublished(world.registry, "acme/app", "1.0.0"))!;
    expect((await readPublished(world.registry, "acme/app", "live"))?.digest).toBe(digest);
  },

  async ship() {
    const app = `${world.registry.host}/acme/app`;
    const flux = world.url("acme/fleet");
    await world.github.createRepository("acme/fleet", { private: true, files: fluxFiles(app) });
    const call = ["ship", `--image=${app}`, `--repository=${world.url("acme/app")}`, `--flux-repository=${flux}`];
    const credentials = [opens.repository, opens.flux, ...opens.slack, `--notify=slack:${channel}`];
    const cli = ["ship", world.url("acme/app"), "--image", app, "--flux-repository", flux, "--notify", `slack:${channel}`];
    const first = await callThenRepeat([...call, ...credentials], [...cli, ...noEngine]);
    expect(first).toMatchObject({ deploy: { pullRequest: { number: 1 } }, notify: { channel } });
    expect(world.slack.messages.at(-1)?.text).toContain("acme/app");
  },
};

const names = ["clone", "image", ...pipelines.map(({ name }) => functionName(name))];

test("every function has a case here", () => {
  expect(Object.keys(cases).sort()).toEqual(names.sort());
});

test.each(Object.keys(cases))("%s does by a call what it does by the command line", async (name) => {
  await cases[name]!();
});

/** The address of this repository in a Git server, of which nothing was built. */
async function gitAddress(): Promise<{ readonly address: string; readonly server: Server }> {
  await world.github.createRepository("acme/fairlead", { files: await moduleFiles() });
  const { hostname, port } = new URL(world.github.url);
  // Dagger drops the port of a module's address: the server is reached by the port that HTTP has
  const server = createServer((socket) => {
    const forwarded = connect(Number(port), hostname);
    socket.on("error", () => forwarded.destroy()).pipe(forwarded);
    forwarded.on("error", () => socket.destroy()).pipe(socket);
  });
  server.listen(80, hostname);
  await once(server, "listening");
  return { address: `http://${hostname}/acme/fairlead.git`, server };
}

const composes = fileURLToPath(new URL("../fixtures/modules/composes", import.meta.url));

/** Calls a function of another module, which composes ours. */
async function compose(module: string, tag: string): Promise<void> {
  const { github, registry } = world;
  const servers = [`--github-url=${github.url}`, `--plain-http=${github.host},${registry.host}`];
  const input = [`--repository=${world.url("acme/app")}`, `--image=${world.image(tag)}`, opens.repository];
  const { code, stdout, stderr } = await daggerCall(["greet-and-push", ...servers, ...input], { module, env: secrets });
  expect({ code, stdout }, stderr).toEqual({
    code: 0,
    stdout: expect.stringMatching(new RegExp(`^good evening from .*/acme/app:${tag}@sha256:[\\da-f]{64}$`)) as string,
  });
}

test("another module has fairlead as a dependency and composes its functions", async () => {
  await compose(composes, "composed");
});

test("a Git address is a module that can be called, and be a dependency, without a build step", async () => {
  const { address, server } = await gitAddress();
  onTestFinished(() => void server.close());
  const message = ["notify", "--message=hello", `--to=slack:${channel}`, ...opens.slack, "--dry-run", "plan"];
  const slack = [`--slack-api-url=${world.slack.url}`, `--plain-http=${new URL(world.slack.url).host}`];
  const { stdout, stderr } = await daggerCall([`--mod=${address}`, ...slack, ...message], { module: tmpdir(), env: secrets });
  expect(stdout, stderr).toContain("1 to run; nothing was changed");

  const module = await mkdtemp(join(tmpdir(), "fairlead-composes-"));
  await cp(composes, module, { recursive: true });
  const config = JSON.parse(await readFile(join(module, "dagger.json"), "utf8")) as object;
  const dependencies = [{ name: "fairlead", source: `${address}@main` }];
  await writeFile(join(module, "dagger.json"), JSON.stringify({ ...config, dependencies }));
  await compose(module, "composed-by-git").finally(() => rm(module, { recursive: true }));
});

test("a dry run tells its plan, in its result and to whoever looks on", async () => {
  const source = [`--image=${world.image("planned")}`, `--repository=${world.url("acme/app")}`, opens.repository];
  const planned = await world.call("build", ...source, "--dry-run", "plan");
  expect(planned.stdout).toMatch(
    /^push .*:planned from .*\n {2}\+ create .*:planned: sha256:\(known after push\)\nplan: 1 to create; nothing was changed$/,
  );
  for (const line of planned.stdout.split("\n")) expect(planned.stderr).toContain(line);
  expect(await readPublished(world.registry, "acme/app", "planned")).toBeUndefined();
});

test("no server was asked for what it does not know, and no secret is in anything that was printed", () => {
  expect([world.github.unknown, world.github.violations]).toEqual([[], []]);
  expect(world.printed.length).toBeGreaterThan(names.length);
  expect(world.printed.filter((text) => Object.values(secrets).some((secret) => text.includes(secret)))).toEqual([]);
});

function labelsOf(published: Awaited<ReturnType<typeof readPublished>>): Readonly<Record<string, string>> {
  return published?.manifests[0]?.labels ?? {};
}

/** What is the same of two: not the run, the commit with its time, and the repository. */
function likeOther(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, "RUN")
    .replaceAll(/(commit"?[=:]"?)[\da-f]{40}/g, "$1COMMIT")
    .replaceAll("acme/twin", "acme/flux");
  return JSON.parse(text) as unknown;
}

/** The result of a dispatch, without the number of the run that it has started. */
function withoutRun(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/(runs\/|"id":")\d+/g, "$1RUN")) as unknown;
}

/** The result of a retag that had nothing left to do. */
function unchanged(result: unknown): unknown {
  const { tags, ...rest } = result as { readonly tags: readonly { readonly digest: string }[] };
  return { ...rest, tags: tags.map((tag) => ({ ...tag, from: tag.digest, changed: false })) };
}
