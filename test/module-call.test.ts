import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fairlead, type Ended } from "./cli.ts";
import { callError, daggerCall } from "./dagger-call.ts";
import { git } from "./doubles/bare.ts";
import { takeBridgePlace } from "./doubles/bridge.ts";
import { startGitHub, type GitHub } from "./doubles/github.ts";
import { startRegistry, type Registry } from "./doubles/registry.ts";
import { noEngine } from "./pipelines/workshop.ts";
import { applicationFiles, token } from "./pipelines/world.ts";

// A call takes seconds by itself, and many times that beside others.
vi.setConfig({ testTimeout: 900_000 });

/** A private repository and a registry where a module's container reaches them. */
interface BridgeWorld extends AsyncDisposable {
  readonly github: GitHub;
  readonly registry: Registry;
  /** A clone of the application, with GitHub as its origin. */
  readonly clone: string;
  readonly env: Readonly<Record<string, string>>;
}

async function startBridgeWorld(): Promise<BridgeWorld> {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startRegistry(stack.use(await takeBridgePlace())));
  const tokens = { [token]: { login: "robot", write: ["acme/app"] } };
  const github = stack.use(await startGitHub({ tokens, ...stack.use(await takeBridgePlace()) }));
  const app = await github.createRepository("acme/app", { private: true, files: await applicationFiles() });
  const clone = await mkdtemp(join(tmpdir(), "fairlead-module-call-"));
  stack.defer(() => rm(clone, { recursive: true, force: true }));
  await git(app, ["clone", "--quiet", app, clone]);
  await git(join(clone, ".git"), ["remote", "set-url", "origin", `${github.url}/acme/app.git`]);
  const env = { GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl, GITHUB_TOKEN: token };
  const ended = stack.move();
  return { github, registry, clone, env, [Symbol.asyncDispose]: () => ended.disposeAsync() };
}

let world: BridgeWorld;
/** All that the calls printed. */
const printed: string[] = [];
const image = (tag: string): string => `${world.registry.host}/acme/app:${tag}`;
const repository = (): string => `${world.github.url}/acme/app`;

beforeAll(async () => {
  world = await startBridgeWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const env = { OPENS_GITHUB: token };
const opened = "--token=env:OPENS_GITHUB";

async function call(...args: readonly string[]): Promise<Ended> {
  const { github, registry } = world;
  const plain = `--plain-http=${github.host},${registry.host}`;
  const ended = await daggerCall([`--github-url=${github.url}`, plain, ...args], { env });
  printed.push(ended.stdout, ended.stderr);
  return ended;
}

async function result(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await call(...args);
  if (code !== 0) throw new Error(`dagger call ${args.join(" ")}: exit code ${code}\n${stderr}`);
  return stdout;
}

test("clone gives the files of a private repository, without Git's own", async () => {
  expect(await result("clone", `--repository=${repository()}`, "--ref=main", opened, "entries")).toBe("Dockerfile\nbusybox");
});

test("image gives one container to go on with, which says of which build it is", async () => {
  const made = ["image", `--source=${world.clone}`, "--build-args=GREETING=good morning"];
  expect(await result(...made, "with-exec", "--args=/bin/busybox,cat,/greeting", "stdout")).toBe("good morning");
  const commit = (await git(join(world.clone, ".git"), ["rev-parse", "HEAD"])).trim();
  expect(await result(...made, "label", "--name=org.opencontainers.image.revision")).toBe(commit);
  expect(await result(...made, "label", "--name=dev.fairlead.build")).toMatch(/^[\da-f]{64}$/);
});

test("a dry run tells its plan, in its result and to whoever looks on", async () => {
  const planned = await call("build", `--image=${image("1")}`, `--repository=${repository()}`, opened, "--dry-run", "plan");
  expect(planned.stdout).toMatch(
    /^push .*:1 from .*\n {2}\+ create .*:1: sha256:\(known after push\)\nplan: 1 to create; nothing was changed$/,
  );
  for (const line of planned.stdout.split("\n")) expect(planned.stderr).toContain(line);
});

test("build pushes what the command line does not build again, and neither does a clean folder of the same commit", async () => {
  const digest = await result("build", `--image=${image("1")}`, `--repository=${repository()}`, "--ref=main", opened, "digest");
  const cli = await fairlead(
    ["build", repository(), "--ref", "main", "--image", image("1"), "--json", ...plainHttp(), ...noEngine],
    world.env,
  );
  expect(JSON.parse(cli.stdout), cli.stderr).toMatchObject({ digest });
  const again = await call("build", `--image=${image("1")}`, `--source=${world.clone}`, "digest");
  expect(again.stdout).toBe(digest);
  expect(again.stderr).toMatch(/ push .*: unchanged$/m);
});

test("a folder that differs from its commit in a file that Git ignores is no commit", async () => {
  await writeFile(join(world.clone, ".git", "info", "exclude"), "ignored\n");
  await writeFile(join(world.clone, "ignored"), "");
  const planned = await call("build", `--image=${image("dirty")}`, `--source=${world.clone}`, "--dry-run", "source");
  await rm(join(world.clone, "ignored"));
  expect(planned.stdout).toBe("the given folder");
  expect(planned.stderr).toContain("warning: build the given folder: it is not a clean commit, so it is built every time");
});

test.for([
  [
    ["build", "--image=ghcr.io/acme/app:1", "--repository=git@github.com:acme/app.git"],
    "use github.com/acme/app over SSH: a Dagger module has no ssh\nhint: give the repository's https URL and a token, or run the fairlead command line",
  ],
  [
    ["build", "--image=ghcr.io/acme/app:1", "--repository=https://git.example.com/acme/app"],
    "use git.example.com/acme/app: a Dagger module has no git, and no API is known for git.example.com\nhint: name a GitHub of your own with --github-url, give files to build as --source, or run the fairlead command line",
  ],
  [
    ["image", "--source=docs", "--platforms=linux/amd64,linux/arm64"],
    "image: a container has one platform, and there are 2\nhint: call image once for each platform, or push an image of all with build",
  ],
] as const)("what a module cannot do is said, with what to do instead: %s", async ([args, error]) => {
  const ended = await call(...args);
  expect({ code: ended.code, error: callError(ended) }, ended.stderr).toEqual({ code: 1, error });
});

test("a Dockerfile that fails says what it ran, and its output is there", async () => {
  await writeFile(
    join(world.clone, "Broken"),
    'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "sh", "-c", "echo no luck; exit 7"]\n',
  );
  const failed = await call("build", `--image=${image("broken")}`, `--source=${world.clone}`, "--dockerfile=Broken");
  await rm(join(world.clone, "Broken"));
  expect(callError(failed)).toBe("build the given folder: RUN /bin/busybox sh -c echo no luck; exit 7: exit code 7");
  expect(failed.stderr).toContain("no luck");
});

test("another module has fairlead as a dependency and composes its functions", async () => {
  const module = fileURLToPath(new URL("fixtures/modules/composes", import.meta.url));
  const { github, registry } = world;
  const servers = [`--github-url=${github.url}`, `--plain-http=${github.host},${registry.host}`];
  const input = [`--repository=${repository()}`, `--image=${image("composed")}`, opened];
  const { code, stdout, stderr } = await daggerCall(["greet-and-push", ...servers, ...input], { module, env });
  printed.push(stdout, stderr);
  expect({ code, stdout }, stderr).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^good evening from .*\/acme\/app:composed@sha256:[\da-f]{64}$/) as string,
  });
});

test("no secret is in anything that was printed", () => {
  expect(printed.length).toBeGreaterThan(0);
  expect(printed.filter((text) => text.includes(token))).toEqual([]);
});

function plainHttp(): readonly string[] {
  return ["--plain-http", world.github.host, "--plain-http", world.registry.host];
}
