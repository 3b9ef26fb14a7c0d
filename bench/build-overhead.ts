import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEngine, type Runner } from "../src/dagger/engine/native.ts";
import { startRegistry } from "../test/doubles/registry.ts";
import { applicationFiles } from "../test/pipelines/world.ts";
import type { Bench, Contest } from "./bench.ts";
import { plainEnvironment, runCommand, type Command } from "./measure.ts";

const run = promisify(execFile);

export const buildOverhead: Bench = {
  name: "build-overhead",
  question: "What does fairlead add to a build and push that Dagger has cached, beside a script that calls Dagger's SDK directly?",
  notes: [
    "All is warm and the image is small, so that nearly all of the time is overhead: a build that takes minutes takes as long with both.",
    "The peer is `bench/peers/dagger-sdk-build.ts`: connect, host directory, Dockerfile build, sync, publish. It reads no Git commit, writes no labels and annotations, does not look at what the registry has, does not notice when somebody else moves the tag meanwhile, and does not read back what it pushed.",
    "The peer has Node's compile cache, as fairlead has; a person must think of that. Without it is the script as it is usually run.",
    "fairlead is published as a bundle with the SDK in it; the peer loads the SDK's 1300 files from node_modules, as a script does.",
    "Both push to one registry on this machine, under tags of their own, and use one engine.",
    "Without `--rebuild`, fairlead finds that the registry has the build of this commit, and asks no engine. The peer cannot know.",
  ],
  async open() {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "fairlead-bench-"));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const registry = stack.use(await startRegistry());
    const runner = await startEngine({ report: (line) => console.error(line), signal: new AbortController().signal });
    const source = await createApplication(join(folder, "app"));
    const commands = commandsFor({ source, image: `${registry.host}/acme/app`, runner, cache: join(folder, "compile-cache") });
    const ended = stack.move();
    const contest: Contest = {
      contenders: [
        { name: "the SDK directly", run: () => runCommand(commands.peer) },
        { name: "the SDK directly, without compile cache", run: () => runCommand(commands.plainPeer) },
        { name: "fairlead build --rebuild", goal: 1.15, run: () => runCommand(commands.rebuild) },
        { name: "fairlead build, nothing to do", run: () => runCommand(commands.build) },
      ],
      remarks: async () => {
        const count = (command: Command): Promise<string> => countQueries(command, runner, folder);
        const [peer, rebuild, build] = [await count(commands.peer), await count(commands.rebuild), await count(commands.build)];
        return [`GraphQL queries to the engine: the peer ${peer}, fairlead with --rebuild ${rebuild}, with nothing to do ${build}.`];
      },
      [Symbol.asyncDispose]: () => ended.disposeAsync(),
    };
    return contest;
  },
};

interface Setting {
  readonly source: string;
  /** Registry and repository. */
  readonly image: string;
  readonly runner: Runner;
  /** Folder for the peer's compiled code. */
  readonly cache: string;
}

function commandsFor({ source, image, runner, cache }: Setting): Record<"peer" | "plainPeer" | "rebuild" | "build", Command> {
  // fairlead sets these three itself; the peer should not wait for what they turn off
  const quiet = { DO_NOT_TRACK: "1", DAGGER_NO_UPDATE_CHECK: "1", DAGGER_NO_NAG: "1" };
  const env = { ...plainEnvironment(), ...quiet, _EXPERIMENTAL_DAGGER_RUNNER_HOST: runner.host, _EXPERIMENTAL_DAGGER_CLI_BIN: runner.cli };
  const node = (env: NodeJS.ProcessEnv, ...args: readonly string[]): Command => ({ program: process.execPath, args, env });
  const peer = join(import.meta.dirname, "peers/dagger-sdk-build.ts");
  const fairlead = [join(import.meta.dirname, "../dist/fairlead.js"), "build", "--source", source, "--image", `${image}:fairlead`];
  const own = { ...plainEnvironment(), FAIRLEAD_ENGINE: "native" };
  return {
    peer: node({ ...env, NODE_COMPILE_CACHE: cache }, peer, source, `${image}:peer`),
    plainPeer: node(env, peer, source, `${image}:plain-peer`),
    rebuild: node(own, ...fairlead, "--rebuild"),
    build: node(own, ...fairlead),
  };
}

/** Makes a folder that is a clean commit with a Dockerfile of one RUN, and returns it. */
async function createApplication(folder: string): Promise<string> {
  await mkdir(folder);
  for (const [name, file] of Object.entries(await applicationFiles())) {
    if (typeof file === "string") await writeFile(join(folder, name), file);
    else await writeFile(join(folder, name), file.content, { mode: 0o755 });
  }
  const env = { ...plainEnvironment(), GIT_CONFIG_GLOBAL: "/dev/null" }; // a person's hooks and signing are not measured
  const author = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
  const git = (...args: readonly string[]): Promise<unknown> => run("git", ["-C", folder, ...author, ...args], { env });
  await git("init", "--quiet", "--initial-branch=main");
  await git("remote", "add", "origin", "https://github.com/acme/app");
  await git("add", ".");
  await git("commit", "--quiet", "--message=Say hello");
  return folder;
}

/** Runs a command once with a counting proxy before its session, and returns how many GraphQL queries it sent: 0 where it opened none. */
async function countQueries(command: Command, runner: Runner, folder: string): Promise<string> {
  const [file, wrapper] = [join(folder, "count"), join(folder, "dagger")];
  const counting = join(import.meta.dirname, "counting-session.ts");
  await writeFile(file, "0");
  await writeFile(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${counting}' '${file}' '${runner.cli}' "$@"\n`, { mode: 0o755 });
  await runCommand({ ...command, env: { ...command.env, FAIRLEAD_ENGINE: runner.host, _EXPERIMENTAL_DAGGER_CLI_BIN: wrapper } });
  return readFile(file, "utf8");
}
