import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { FairleadError } from "../../../core/errors.ts";
import { fillOnce } from "./cache.ts";
import { readHost } from "./host.ts";
import { withLock } from "./lock.ts";
import { checkHost } from "./needs.ts";
import { goFlags, places, programsIn, version, type EngineOptions, type EnginePrograms } from "./places.ts";
import { ended, spawnGroup } from "./process.ts";
import { buildSdk } from "./sdk.ts";

/**
 * Compiles the engine's Go module into the cache folder, makes the TypeScript SDK beside it, and returns the programs.
 * Existing ones are reused. Cold, it takes about 4 minutes on two idle cores, with 1.7 GB of Go modules; `report` receives the progress.
 * @throws FairleadError `unsupported` (not Linux), `not_found` (no Go, or an old one), `unavailable` (the Go command
 * failed), `canceled`; as `buildSdk`
 */
export async function buildEngine(options: EngineOptions): Promise<EnginePrograms> {
  const { cache, cacheLock, sdk } = await places();
  const programs = programsIn(cache);
  if (existsSync(cache) && existsSync(sdk)) return programs;
  checkHost(await readHost(), ["platform", "go", "buildPackages"]);
  await mkdir(dirname(cacheLock), { recursive: true });
  await withLock(options, { path: cacheLock, doing: `compiles the engine into ${cache}` }, async () => {
    await compileEngine(options);
    await buildSdk(programs, options);
  });
  return programs;
}

async function compileEngine({ report, signal }: EngineOptions): Promise<void> {
  const { module, cache } = await places();
  if (existsSync(cache)) return;
  for (const line of beforeCompiling(cache)) report(line);
  await fillOnce(cache, async (folder) => {
    await compile({ module, folder }, { report, signal });
    await mkdir(join(folder, "bin"));
    await symlink("../dagger", join(folder, "bin", "dagger")); // a folder for PATH, with nothing else in it
  });
  report(`compiled the Dagger engine into ${cache}`);
}

/**
 * Measured with empty caches of Go, by Go 1.26 on amd64: what the compilers compute in all, in seconds of one core; and the disk that the modules, Go's
 * compiled packages and our programs take, in GB.
 */
const compilation = { seconds: 420, disk: 4 };

/** Returns what a person reads before this machine is busy for minutes: how long, how much, and how to use an engine that exists. */
function beforeCompiling(cache: string): readonly string[] {
  const minutes = Math.ceil(compilation.seconds / 60 / availableParallelism());
  return [
    `no engine is compiled at ${cache}: compiling Dagger ${version}, once, about ${String(minutes)} min and ${String(compilation.disk)} GB of disk`,
    "to use another engine, stop this and set FAIRLEAD_ENGINE to its address, or XDG_CACHE_HOME to where one is compiled",
  ];
}

const packages = ["engine", "dagger", "init", "dnsname", "codegen"].map((name) => `github.com/dagger/dagger/cmd/${name}`);
/** The runtime of containers needs C, and seccomp a tag: without it, containers may make any system call. */
const runc = "github.com/opencontainers/runc";
/** Go's compilers collect garbage for a quarter of their time. They may use more memory instead, up to this limit each. */
const garbage = { GOGC: "400", GOMEMLIMIT: "2GiB" };

/** A Go module, and the folder for its compiled programs and Go's temporary files. */
interface GoWork {
  readonly module: string;
  readonly folder: string;
  /** True for packages that need a C compiler. */
  readonly c?: boolean;
}

/** Compiles the programs into the work's folder. */
async function compile(work: GoWork, { report, signal }: EngineOptions): Promise<void> {
  const modules = everyFewSeconds((count) => report(`downloaded ${String(count)} Go modules`));
  const all = await go(work, ["list", "-deps", ...packages, runc], signal, modules);
  const compiled = everyFewSeconds((count) => report(`compiled ${String(count)} packages of at most ${String(all.length)}`));
  const compiledForRunc = everyFewSeconds((count) => report(`compiled ${String(count)} packages of runc`));
  const flags = [...goFlags.compiler, "-v", `-o=${work.folder}/`];
  await go(work, ["build", ...flags, `-ldflags=${goFlags.linker}`, ...packages], signal, compiled);
  await go({ ...work, c: true }, ["build", ...flags, "-ldflags=-s -w", "-tags=seccomp", runc], signal, compiledForRunc);
}

/** Runs the Go command and returns the lines of its stdout; `onLine` is called for each line of its stderr. */
async function go(
  { module, folder, c = false }: GoWork,
  args: readonly string[],
  signal: AbortSignal,
  onLine: () => void,
): Promise<readonly string[]> {
  // A person's own flags (-mod=mod, a workspace) must not change the programs. A stopped Go leaves temporary files: we
  // remove them.
  const env = { ...process.env, ...garbage, CGO_ENABLED: c ? "1" : "0", GOFLAGS: "-mod=readonly", GOWORK: "off", GOTMPDIR: folder };
  const child = spawnGroup("go", args, { cwd: module, env, signal });
  const said: string[] = [];
  const printed: string[] = [];
  createInterface(child.stdout).on("line", (line) => printed.push(line));
  createInterface(child.stderr).on("line", (line) => {
    said.push(line);
    onLine();
  });
  const status = await ended(child);
  if (signal.aborted) throw new FairleadError("canceled", "compile engine: canceled");
  if (status === "0") return printed;
  const last = said.findLast((line) => line.trim() !== "") ?? "";
  throw new FairleadError("unavailable", `compile engine: go ${args[0] ?? ""} ended with ${status}: ${last}`, {
    hint: c
      ? "check that a C program with seccomp compiles: apt-get install --yes gcc libc6-dev libseccomp-dev pkg-config"
      : "check that this machine reaches a Go module proxy (go env GOPROXY)",
    output: said.slice(-20),
  });
}

/** Returns a counter that reports its count at most every five seconds. */
function everyFewSeconds(report: (count: number) => void): () => void {
  let count = 0;
  let lastReport = Date.now();
  return () => {
    count += 1;
    if (Date.now() - lastReport < 5000) return;
    lastReport = Date.now();
    report(count);
  };
}
