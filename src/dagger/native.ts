import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, open, readFile, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { FairleadError } from "../core/errors.ts";
import { checkHost, cleanHost, needs, readHost, type HostFacts } from "./native-host.ts";

const version = "v0.19.10";
const socket = "/run/dagger/engine.sock";
/** Same paths as in engine/distconsts: the engine has them compiled in. */
const library = "/var/lib/fairlead";
const initPath = join(library, "dagger-init");
const certificates = join(library, "ca-certificates");
const cniPlugins = join(library, "cni");
/** What the running engine is known by; /run is emptied at boot, as it must be. */
const recordPath = "/run/fairlead/engine.json";

/** What `fairlead engine` prints. Folders and files are absolute paths. */
export type EngineStatus = {
  readonly version: string;
  readonly built: boolean;
  readonly running: boolean;
  readonly pid: number | null;
  readonly socket: string;
  readonly log: string;
  readonly cache: string;
  readonly state: string;
};

/** The programs of the Go module, as absolute paths. */
export interface EnginePrograms {
  readonly engine: string;
  readonly dagger: string;
  readonly init: string;
  readonly dnsname: string;
}

/** Where an engine answers, and the `dagger` program that speaks to it. */
export interface Runner {
  readonly host: string;
  readonly cli: string;
}

/** `report` is given lines for a person; aborting `signal` ends the work with `canceled`. */
export interface EngineOptions {
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Milliseconds within which a started engine must answer (2 s is usual), and within which a stopped one must have ended (3 s is usual). */
const startDeadline = 60_000;
const stopDeadline = 60_000;

interface EngineRecord {
  readonly pid: number;
  /** Ticks since boot at which the process started (proc(5)): a pid that was given to another process has another. */
  readonly started: string;
  readonly program: string;
}

/** Returns whether the engine is compiled and running, and where its files are. Starts nothing. */
export async function engineStatus(): Promise<EngineStatus> {
  const { cache, state, log } = await places();
  const record = await runningEngine();
  return { version, built: existsSync(cache), running: record !== undefined, pid: record?.pid ?? null, socket, log, cache, state };
}

/**
 * Compiles the engine's Go module into the cache folder, unless it is there already, and returns its programs.
 * Cold it takes about 3 minutes on two cores and downloads 2 GB of Go modules; `report` is told the progress.
 *
 * @throws FairleadError `unsupported` (not Linux), `not_found` (no Go, or an old one), `unavailable` (the Go command failed), `canceled`
 */
export async function buildEngine({ report, signal }: EngineOptions): Promise<EnginePrograms> {
  const { module, cache } = await places();
  const programs = programsIn(cache);
  if (existsSync(cache)) return programs;
  checkHost(await hostFacts(), ["platform", "go"]);
  report(`compiling the Dagger engine ${version}, once for this machine: 3 minutes or so, with up to 2 GB of Go modules to download`);
  await mkdir(dirname(cache), { recursive: true });
  const temporary = await mkdtemp(`${cache}.`);
  try {
    await compile(module, temporary, { report, signal });
    // The folder appears whole or not at all. A process that was faster has left the same programs.
    await rename(temporary, cache).catch((error: unknown) => {
      if (!existsSync(cache)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  report(`compiled the Dagger engine into ${cache}`);
  return programs;
}

/**
 * Returns where the native engine answers, having compiled and started it where needed. There is one a host: it is shared, and lives on when
 * this process ends.
 *
 * @throws FairleadError as `buildEngine`, and `forbidden`, `not_found`, `conflict`, `input` by what the host lacks (native-host.ts), `unavailable`
 * when the engine does not come up
 */
export async function startEngine(options: EngineOptions): Promise<Runner> {
  const refusal = needs.platform(process) ?? needs.root({ uid: process.getuid?.() });
  if (refusal !== undefined) throw refusal;
  if (options.signal.aborted) throw canceled("start engine");
  return withHostLock(options, async () => {
    const record = await runningEngine();
    if (record !== undefined) {
      await untilItAnswers(options, options.signal); // whoever started it may have been stopped while waiting
    } else {
      if (existsSync(recordPath)) await cleanHost((await places()).state); // an engine that died left its rules
      await refuseStranger();
      checkHost(await hostFacts(), ["packages", "port53", "buildkit", "fileSystem"]);
    }
    const programs = await buildEngine(options);
    if (record === undefined) await launch(programs, options);
    return { host: `unix://${socket}`, cli: programs.dagger };
  });
}

/**
 * Ends the engine that `startEngine` started and removes what it leaves on the host: bridge, iptables rules, sockets. Layers and log stay.
 * Returns false when none ran.
 */
export async function stopEngine(): Promise<boolean> {
  return withHostLock({ report: () => undefined, signal: AbortSignal.timeout(stopDeadline) }, async () => {
    const record = await runningEngine();
    if (record === undefined && !existsSync(recordPath)) return false;
    if (record !== undefined) await endProcess(record);
    await cleanHost((await places()).state);
    return record !== undefined;
  });
}

// ---- where things are

async function places(): Promise<{ module: string; cache: string; state: string; log: string }> {
  const module = moduleFolder();
  const hash = createHash("sha256").update(process.arch);
  for (const file of ["go.mod", "go.sum", ...(await readdir(join(module, "distconsts"))).sort().map((name) => join("distconsts", name))]) {
    hash.update(`\0${file}\0`).update(await readFile(join(module, file)));
  }
  const root = variable("XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  const state = variable("FAIRLEAD_ENGINE_STATE") ?? join(library, "engine");
  return {
    module,
    cache: join(root, "fairlead", "engine", `${version}-${hash.digest("hex").slice(0, 12)}`),
    state,
    log: join(state, "engine.log"),
  };
}

/** Returns a variable of the environment. An empty one counts as unset. */
export function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/** The folder of the Go module: beside src/ in the repository, and beside the bundle's folder in the published package. */
function moduleFolder(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "engine", "go.mod"))) return join(folder, "engine");
  }
  throw new FairleadError("internal", "compile engine: the Go module engine/ is not beside fairlead");
}

function programsIn(cache: string): EnginePrograms {
  return { engine: join(cache, "engine"), dagger: join(cache, "dagger"), init: join(cache, "init"), dnsname: join(cache, "dnsname") };
}

async function hostFacts(): Promise<HostFacts> {
  const { module, state } = await places();
  return readHost({
    state,
    search: process.env.PATH ?? "",
    engineModule: module,
    buildkit: await answers("/run/buildkit/buildkitd.sock"),
  });
}

// ---- compiling

const packages = ["engine", "dagger", "init", "dnsname"].map((name) => `github.com/dagger/dagger/cmd/${name}`);
const linkerFlags = `-s -w -X github.com/dagger/dagger/engine.Version=${version} -X github.com/dagger/dagger/engine.Tag=${version}`;

async function compile(module: string, folder: string, { report, signal }: EngineOptions): Promise<void> {
  const modules = everyFewSeconds((count) => report(`downloaded ${String(count)} Go modules`));
  const all = await go(module, ["list", "-mod=readonly", "-deps", ...packages], signal, modules);
  const compiled = everyFewSeconds((count) => report(`compiled ${String(count)} packages of at most ${String(all.length)}`));
  await go(
    module,
    ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-v", `-ldflags=${linkerFlags}`, `-o=${folder}/`, ...packages],
    signal,
    compiled,
  );
}

/** Runs the Go command and returns the lines of its stdout; `onLine` is called for each line of its stderr. */
async function go(module: string, args: readonly string[], signal: AbortSignal, onLine: () => void): Promise<readonly string[]> {
  // A person's own flags (-mod=mod, a workspace) must not change what is compiled.
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
  const child = spawn("go", args, { cwd: module, env, stdio: ["ignore", "pipe", "pipe"], signal });
  const said: string[] = [];
  const printed: string[] = [];
  createInterface(child.stdout).on("line", (line) => printed.push(line));
  createInterface(child.stderr).on("line", (line) => {
    said.push(line);
    onLine();
  });
  const status = await ended(child).catch((error: unknown) => {
    throw signal.aborted ? canceled("compile engine") : error;
  });
  if (status === "0") return printed;
  const last = said.findLast((line) => line.trim() !== "") ?? "";
  throw new FairleadError("unavailable", `compile engine: go ${args[0] ?? ""} ended with ${status}: ${last}`, {
    hint: "check that this machine reaches a Go module proxy (go env GOPROXY)",
    output: said.slice(-20),
  });
}

/** Returns a counter that tells its count at most every five seconds. */
function everyFewSeconds(tell: (count: number) => void): () => void {
  let count = 0;
  let told = Date.now();
  return () => {
    count += 1;
    if (Date.now() - told < 5000) return;
    told = Date.now();
    tell(count);
  };
}

/** Waits for a child's end: its exit code or the name of its signal. */
function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, name) => resolve(String(code ?? name)));
  });
}

// ---- starting and stopping

/** Starts the engine in a process group of its own, so that it outlives us and a Ctrl-C of our terminal, and waits until it answers. */
async function launch(programs: EnginePrograms, options: EngineOptions): Promise<void> {
  const { state, log } = await places();
  await prepare(programs, state);
  if (existsSync(log)) await rename(log, `${log}.1`);
  const file = await open(log, "w", 0o600);
  // It binds a resolv.conf of its own over the host's: only a private mount namespace keeps that from everybody else.
  const engine = [programs.engine, "--root", state, "--oci-cni-pool-size", "4", "--oci-cni-binary-dir", cniPlugins];
  const child = spawn("unshare", ["--mount", "--propagation", "private", ...engine], {
    detached: true,
    stdio: ["ignore", file.fd, file.fd],
    env: engineEnvironment(),
  });
  const died = new AbortController();
  const end = ended(child).then(
    (status) => died.abort(`it ended with ${status}`),
    (error: unknown) => died.abort(String(error)),
  );
  child.unref();
  await file.close();
  if (child.pid === undefined) await end;
  else await writeRecord(child.pid, programs.engine);
  await untilItAnswers(options, AbortSignal.any([options.signal, died.signal]));
}

/** Puts the files where the engine looks for them. Doing so again changes nothing. */
async function prepare(programs: EnginePrograms, state: string): Promise<void> {
  await Promise.all([state, cniPlugins].map((folder) => mkdir(folder, { recursive: true, mode: 0o755 })));
  await copyFile(programs.init, `${initPath}.new`);
  await rename(`${initPath}.new`, initPath);
  // The engine hashes names into its folder of CA files: a copy keeps that out of the host's.
  await rm(certificates, { recursive: true, force: true });
  await cp("/usr/local/share/ca-certificates", certificates, { recursive: true, filter: (path) => !path.endsWith(".0") }).catch(
    unlessMissing,
  );
  const plugins = ["bridge", "firewall", "host-local", "loopback"].map((name) => join("/usr/lib/cni", name));
  for (const plugin of [...plugins, programs.dnsname]) {
    const link = join(cniPlugins, basename(plugin));
    await rm(link, { force: true });
    await symlink(plugin, link);
  }
}

/** The engine lives long, and anybody's tokens may be in our environment: it is given only what it needs. */
function engineEnvironment(): NodeJS.ProcessEnv {
  const wanted =
    /^(PATH|HOME|LANG|TMPDIR|XDG_CONFIG_HOME|SSL_CERT_(FILE|DIR)|(HTTP|HTTPS|NO|ALL)_PROXY|DAGGER_[A-Z]+_SDK_MANIFEST_DIGEST)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => wanted.test(name)));
}

/** Waits until the socket answers. A signal aborted with a text says that the engine ended, and how. */
async function untilItAnswers({ report }: EngineOptions, signal: AbortSignal): Promise<void> {
  const { log } = await places();
  const start = Date.now();
  let told = false;
  while (!(await answers(socket))) {
    const waited = Date.now() - start;
    if (signal.aborted && typeof signal.reason !== "string") throw canceled("start engine");
    if (signal.aborted || waited > startDeadline) {
      const cause = signal.aborted ? String(signal.reason) : `no answer within ${String(startDeadline / 1000)} s`;
      const output = (await readFile(log, "utf8").catch(() => "")).trimEnd().split("\n").slice(-20);
      throw new FairleadError("unavailable", `start engine: ${cause}`, { hint: `read ${log}`, output });
    }
    if (!told && waited > 5000) report(`waiting for the engine to answer on ${socket}; it logs to ${log}`);
    told ||= waited > 5000;
    await delay(100, undefined, { signal }).catch(() => undefined); // the loop's next turn tells why
  }
}

/** Returns the engine that we started and that still runs: the same pid, start time and program. */
async function runningEngine(): Promise<EngineRecord | undefined> {
  const text = await readFile(recordPath, "utf8").catch(unlessMissing);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as EngineRecord;
  const alive = (await startOf(record.pid)) === record.started;
  const command = alive ? await readFile(`/proc/${String(record.pid)}/cmdline`, "utf8").catch(() => "") : "";
  return command.split("\0").includes(record.program) ? record : undefined;
}

async function writeRecord(pid: number, program: string): Promise<void> {
  const record: EngineRecord = { pid, started: (await startOf(pid)) ?? "", program };
  await mkdir(dirname(recordPath), { recursive: true, mode: 0o700 });
  await writeFile(`${recordPath}.new`, JSON.stringify(record));
  await rename(`${recordPath}.new`, recordPath);
}

/** The 22nd field of /proc/PID/stat; undefined where there is no such process, or only a zombie. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}

async function endProcess(record: EngineRecord): Promise<void> {
  process.kill(-record.pid, "SIGTERM");
  const deadline = Date.now() + stopDeadline / 2;
  while ((await startOf(record.pid)) === record.started) {
    if (Date.now() > deadline) process.kill(-record.pid, "SIGKILL");
    await delay(50);
  }
}

async function refuseStranger(): Promise<void> {
  if (!(await answers(socket))) return;
  throw new FairleadError("conflict", `start engine: an engine that fairlead did not start answers on ${socket}`, {
    hint: `stop it, or use it: FAIRLEAD_ENGINE=unix://${socket}`,
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

/**
 * Runs `work` while no other process of this host runs under the lock. The lock is a listening socket with an abstract name (unix(7)): the kernel
 * gives it to one process and takes it back however that process ends, so that there is no stale lock; who must wait holds a connection to it.
 */
async function withHostLock<T>({ report, signal }: EngineOptions, work: () => Promise<T>): Promise<T> {
  const name = "\0fairlead/engine";
  const waiting = new Set<Socket>();
  const server = createServer((other) => waiting.add(other.on("error", () => undefined)));
  for (let told = false; !(await listens(server, name)); told = true) {
    if (!told) report("waiting for another fairlead that starts or stops the engine");
    await released(name, signal);
    if (signal.aborted) throw canceled("start engine");
  }
  try {
    return await work();
  } finally {
    server.close();
    for (const other of waiting) other.destroy();
  }
}

function listens(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => (error.code === "EADDRINUSE" ? resolve(false) : reject(error));
    server.once("error", refused);
    server.listen(name, () => {
      server.off("error", refused);
      resolve(true);
    });
  });
}

/** Waits until the process that has the lock lets go of it, ends, or the signal is aborted. */
function released(name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const held = connect({ path: name, signal });
    held.on("error", () => resolve());
    held.on("close", () => resolve());
    held.resume();
  });
}

function canceled(doing: string): FairleadError {
  return new FairleadError("canceled", `${doing}: canceled`);
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
