import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../src/dagger/native.ts";
import { git } from "./doubles/bare.ts";
import type { ModuleResults, ModuleWorld } from "./module-run/program.ts";
import { noEngine } from "./pipelines/workshop.ts";
import { channel, slackToken, startWorld, token, type World } from "./pipelines/world.ts";

/** Bundles the program, with the decorators that Node does not read. Packages are found from where it is put. */
async function bundle(outfile: string): Promise<void> {
  const entry = fileURLToPath(new URL("module-run/program.ts", import.meta.url));
  const tsconfigRaw = { compilerOptions: { experimentalDecorators: true, verbatimModuleSyntax: true } };
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node24",
    tsconfigRaw,
  });
}

/** Runs a program in a session of Dagger, as a module's is. */
async function daggerRun(program: string, env: Readonly<Record<string, string>>): Promise<{ code: number | null; printed: string }> {
  const { host, cli } = await startEngine({ report: () => undefined, signal: new AbortController().signal });
  const { PATH = "", HOME = "" } = process.env;
  const quiet = { DO_NOT_TRACK: "1", DAGGER_NO_UPDATE_CHECK: "1", DAGGER_NO_NAG: "1" };
  const child = spawn(cli, ["run", "--progress=plain", process.execPath, program], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH, HOME, ...quiet, _EXPERIMENTAL_DAGGER_RUNNER_HOST: host, ...env },
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const printed = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, printed: printed.join("\n") };
}

describe("the module's class, in a session of Dagger", () => {
  let world: World;
  let folder: string;
  let commit: string;
  let results: ModuleResults;
  let printed: string;
  const image = (): string => `${world.registry.host}/acme/app`;

  beforeAll(async () => {
    world = await startWorld();
    commit = (await git(world.folders.app, ["rev-parse", "main"])).trim();
    folder = await mkdtemp(fileURLToPath(new URL("../node_modules/.module-run-", import.meta.url)));
    const program = join(folder, "program.mjs");
    await bundle(program);
    const { GITHUB_SERVER_URL = "", GITHUB_API_URL = "", SLACK_API_URL = "" } = world.env;
    const [repository, fluxRepository] = [`${world.github.url}/acme/app`, `${world.github.url}/acme/flux`];
    const told: ModuleWorld = { repository, fluxRepository, image: image(), channel, token, slackToken };
    const result = join(folder, "result.json");
    const variables = { GITHUB_SERVER_URL, GITHUB_API_URL, SLACK_API_URL };
    const ended = await daggerRun(program, { ...variables, WORLD: JSON.stringify(told), RESULT: result });
    if (ended.code !== 0) throw new Error(`dagger run: exit code ${ended.code}\n${ended.printed}`);
    printed = ended.printed;
    results = JSON.parse(await readFile(result, "utf8")) as ModuleResults;
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await world[Symbol.asyncDispose]();
  });

  /** Returns what the command line prints, with the same words as the module's: null is left out. */
  const cli = async (...args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await world.run(...args, "--json", ...noEngine);
    if (code !== 0) throw new Error(`fairlead ${args.join(" ")}: exit code ${code}\n${stderr}`);
    return JSON.parse(stdout);
  };

  test("clone gives the files of a private repository, without Git's own", () => {
    expect(results.cloned).toEqual(["Dockerfile", "busybox"]);
  });

  test("image builds them with arguments", () => {
    expect(results.greeting).toBe("good morning\n");
  });

  test("build says what it would do, does it, and the command line finds it done", async () => {
    const { planned, built } = results;
    expect(planned).toEqual({ ...built, image: `${image()}:1@sha256:(known after push)`, digest: "sha256:(known after push)" });
    expect(built).toMatchObject({ commit, tags: ["1", "latest"] });
    const repository = `${world.github.url}/acme/app`;
    const { platforms: _, ...same } = (await cli(
      "build",
      repository,
      "--ref",
      "main",
      "--image",
      `${image()}:1`,
      "--tag",
      "latest",
    )) as Record<string, unknown>;
    expect(same).toEqual(built);
  });

  test("build takes a folder of Dagger's, which is no commit", () => {
    expect(results.folder).toMatchObject({ tags: ["folder"], source: "the given folder" });
    expect(results.folder.commit).toBeUndefined();
  });

  test("deploy opens the pull request that the command line finds open", async () => {
    const {
      changes: _,
      pullRequest,
      ...same
    } = (await cli("deploy", `${image()}:1`, "--flux-repository", `${world.github.url}/acme/flux`, "--flux-path", "apps")) as {
      readonly changes: unknown;
      readonly pullRequest: { readonly url: string };
    };
    expect({ ...same, pullRequest: pullRequest.url }).toEqual(results.deployed);
  });

  test("notify posts what the command line does not post again", async () => {
    const posted = world.slack.messages.length;
    expect(await cli("notify", "hello", "--field", "From=the module", "--slack-channel", channel, "--key", "module")).toEqual(
      results.notified,
    );
    expect(world.slack.messages.length).toBe(posted);
  });

  test("ship does all of it, and a second one nothing more", async () => {
    const { build, deploy, notify } = (await cli(...world.ship())) as Record<string, Record<string, unknown>>;
    const { build: built, deploy: deployed, notify: notified } = results.shipped;
    expect({ build, deploy, notify }).toMatchObject({
      build: built,
      deploy: { branch: deployed.branch, commit: deployed.commit },
      notify: notified,
    });
    expect(deploy?.pullRequest).toMatchObject({ url: deployed.pullRequest });
  });

  test("no secret is in anything that was printed", () => {
    expect([token, slackToken].filter((secret) => printed.includes(secret))).toEqual([]);
  });
});
