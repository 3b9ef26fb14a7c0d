import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { version } from "../../src/dagger/engine/native/places.ts";
import type { Ended } from "../cli.ts";
import { callError, daggerCall } from "../dagger-call.ts";
import { git } from "../doubles/bare.ts";
import { takeBridgePlace } from "../doubles/bridge.ts";
import { readPublished } from "../pipelines/published.ts";
import { channel } from "../pipelines/world.ts";
import { opens, secrets, startBridgeWorld, type BridgeWorld } from "./world.ts";

// A call takes seconds by itself, and many times that beside others.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let world: BridgeWorld;
beforeAll(async () => {
  world = await startBridgeWorld();
  for (const tag of ["1", "2"])
    await world.cli("build", "--source", world.clone, "--image", world.image(tag), "--build-arg", `GREETING=${tag}`);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Returns all that ended a call, without what differs from run to run. */
async function failure(...args: readonly string[]): Promise<string> {
  return told(await world.call(...args));
}

function told(ended: Ended): string {
  if (ended.code === 0) throw new Error(`it succeeded\n${ended.stdout}`);
  return `exit code ${ended.code}\n${callError(ended)}`.replaceAll(world.registry.host, "REGISTRY").replaceAll(world.github.host, "GITHUB");
}

const deploy = (): readonly string[] => ["deploy", `--images=${world.image("1")}`, `--flux-repository=${world.url("acme/flux")}`];

test("a value of a wrong type is refused before a container is started", async () => {
  expect(await failure(...deploy(), "--dry-run=soon")).toMatchInlineSnapshot(`
    "exit code 1
    invalid argument "soon" for "--dry-run" flag: strconv.ParseBool: parsing "soon": invalid syntax
    Run 'dagger call deploy --help' for usage."
  `);
  expect(await failure("notify", "--message=hello")).toMatchInlineSnapshot(`
    "exit code 1
    required flag(s) "to" not set
    Run 'dagger call notify --help' for usage."
  `);
});

test("a secret that is not there, or empty, is told by the name of its argument", async () => {
  expect(await failure(...deploy(), "--flux-token=env:NOBODY_SET_THIS")).toMatchInlineSnapshot(`
    "exit code 1
    reveal secret fluxToken: secret env var not found: "NOB...""
  `);
  const empty = await daggerCall([...deploy(), "--flux-token=env:EMPTY"], { env: { EMPTY: "" } });
  expect(told(empty)).toMatchInlineSnapshot(`
    "exit code 1
    reveal secret fluxToken: it is empty"
  `);
});

test.for([
  [
    ["build", "--image=ghcr.io/acme/app:1", "--repository=git@github.com:acme/app.git"],
    "use github.com/acme/app over SSH: a Dagger module has no ssh\nhint: give the repository's https URL and a token, or run the fairlead command line",
  ],
  [
    ["build", "--image=ghcr.io/acme/app:1", "--repository=https://git.example.com/acme/app"],
    "use git.example.com/acme/app: a Dagger module has no git, and no API is known for git.example.com\nhint: name a Git server of your own by the constructor's arguments, give files to build as --source, or run the fairlead command line",
  ],
  [
    ["image", "--source=docs", "--platforms=linux/amd64,linux/arm64"],
    "image: a container has one platform, and there are 2\nhint: call image once for each platform, or push an image of all with build",
  ],
] as const)("a call that a module cannot do says what to do instead: %s", async ([args, error]) => {
  expect(await failure(...args)).toBe(`exit code 1\n${error}`);
});

test("a folder that differs from its commit in a file that Git ignores is no commit", async () => {
  await writeFile(join(world.clone, ".git", "info", "exclude"), "ignored\n");
  await writeFile(join(world.clone, "ignored"), "");
  const planned = await world.call("build", `--image=${world.image("dirty")}`, `--source=${world.clone}`, "--dry-run", "source");
  await rm(join(world.clone, "ignored"));
  expect(planned.stdout).toBe("the given folder");
  expect(planned.stderr).toContain(
    "warning: build the given folder: it is no clone with a remote origin, or a file differs from its commit, so it is built every time",
  );
});

test("a Dockerfile that fails says what it ran, and its last lines are there", async () => {
  await using file = await dockerfile("Broken", "echo no luck; exit 7");
  const failed = await world.call("build", `--image=${world.image("broken")}`, `--source=${world.clone}`, `--dockerfile=${file.name}`);
  expect(told(failed)).toMatchInlineSnapshot(`
    "exit code 1
    | Broken:5
      | --------------------
      |    3 |     COPY busybox /bin/sh
      |    4 |     COPY busybox /bin/sleep
      |    5 | >>> RUN ["/bin/sh", "-c", "echo no luck; exit 7"]
      | --------------------
    build the given folder: RUN echo no luck; exit 7: exit code 7"
  `);
  expect(failed.stderr).toMatch(/\| no luck$/m);
});

test("a registry that is down is told before anything is built", async () => {
  await using place = await takeBridgePlace();
  const down = `${place.address}:${place.port}`;
  const servers = [`--github-url=${world.github.url}`, `--plain-http=${world.github.host},${down}`];
  const input = [`--image=${down}/acme/app:1`, `--repository=${world.url("acme/app")}`, opens.repository];
  const ended = await daggerCall([...servers, "build", ...input], { env: secrets });
  expect(told(ended).replaceAll(down, "DOWN")).toMatchInlineSnapshot(`
    "exit code 1
    read DOWN/acme/app:1: DOWN cannot be reached: connection refused"
  `);
});

test("a call is an effect each time: a message without a key is posted again, and a tag that was moved comes back", async () => {
  const post = ["notify", "--message=hello", `--to=slack:${channel}`, ...opens.slack];
  const posted = [await world.result(...post, "message"), await world.result(...post, "message")];
  expect(new Set(posted).size).toBe(2);
  expect(world.slack.messages.map(({ ts }) => ts)).toEqual(posted);

  const give = ["retag", `--source=${world.image("1")}`, "--tags=latest", "image"];
  const image = await world.result(...give);
  await world.cli("retag", world.image("2"), "latest");
  expect(await world.result(...give)).toBe(image);
  expect((await readPublished(world.registry, "acme/app", "latest"))?.digest).toBe(image.split("@")[1]);
});

test("two calls at once end well, with one pull request", async () => {
  const call = [...deploy(), opens.flux, "pull-request", "number"];
  expect(await Promise.all([world.result(...call), world.result(...call)])).toEqual(["1", "1"]);
  expect(world.github.pulls("acme/flux").map(({ number }) => number)).toEqual([1]);
  expect((await git(world.folders.flux, ["branch", "--format=%(refname:short)"])).split("\n")).toHaveLength(2);
});

test("a call that is stopped leaves nothing behind, and the next one finishes", async () => {
  const mark = `3600.${process.pid}`; // what is slept, so that the process is known among all
  await using file = await dockerfile("Slow", `echo be''gun; sleep ${mark}`);
  const call = ["build", `--image=${world.image("stopped")}`, `--source=${world.clone}`];
  const running = await world.start(...call, `--dockerfile=${file.name}`);
  await running.printed("begun");
  expect(await processes(mark)).not.toEqual([]);
  running.stop("SIGINT");
  const { code, stdout } = await running.ended;
  expect([code === 0, stdout]).toEqual([false, ""]);
  await expect.poll(() => processes(mark), { timeout: 60_000 }).toEqual([]);
  expect(await readPublished(world.registry, "acme/app", "stopped")).toBeUndefined();
  expect(await world.result(...call, "image")).toContain(world.image("stopped"));
});

test("the oldest engine that the module takes is the one that it is tested on, and an older one says so itself", async () => {
  const { engineVersion } = JSON.parse(await readFile("dagger.json", "utf8")) as { readonly engineVersion: string };
  expect(engineVersion).toBe(version);
  const module = await mkdtemp(join(tmpdir(), "fairlead-newer-"));
  await writeFile(join(module, "dagger.json"), JSON.stringify({ name: "newer", engineVersion: "v0.99.0", sdk: { source: "typescript" } }));
  const ended = await daggerCall(["--help"], { module });
  await rm(module, { recursive: true });
  expect(told(ended)).toMatchInlineSnapshot(`
    "exit code 1
    failed to get configured module: module requires dagger v0.99.0, but you have v0.19.10"
  `);
});

test("no secret is in anything that was printed", () => {
  expect(world.printed.length).toBeGreaterThan(10);
  expect(world.printed.filter((text) => Object.values(secrets).some((secret) => text.includes(secret)))).toEqual([]);
});

/** Puts a Dockerfile into the clone whose one command is a script. */
async function dockerfile(name: string, script: string): Promise<{ readonly name: string } & AsyncDisposable> {
  const file = join(world.clone, name);
  await writeFile(
    file,
    `FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\nCOPY busybox /bin/sleep\nRUN ["/bin/sh", "-c", "${script}"]\n`,
  );
  return { name, [Symbol.asyncDispose]: () => rm(file) };
}

/** Returns the processes of this machine, a container's too, that were started with an argument. */
async function processes(argument: string): Promise<readonly string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return lines
    .map((line) => line.split("\0"))
    .filter((words) => words.some((word) => word.includes(argument)))
    .map((words) => words.join(" "));
}
