import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, open, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FairleadError } from "../../../core/errors.ts";
import { denyMetadata } from "./deny.ts";
import { answers } from "./host.ts";
import { builtinContent, installedClient, library, places, socket, type EngineOptions, type EnginePrograms } from "./places.ts";
import { ended, unlessMissing, writeRecord } from "./process.ts";
import { checkRunc, readRunc } from "./runc.ts";
import { sdkVariables } from "./sdk.ts";
import { makeSocketFolder } from "./socket-folder.ts";
import { configuration, formatConfiguration, type EngineSettings } from "./settings.ts";

/** Milliseconds within which a started engine must answer (2 s is usual). */
const startDeadline = 60_000;

const initPath = join(library, "dagger-init");
const runcPath = join(library, "runc");
const certificates = join(library, "ca-certificates");
const cniPlugins = join(library, "cni");

/**
 * Starts the engine and waits until it answers. It has its own process group, so it outlives us and a Ctrl-C of our
 * terminal.
 */
export async function launch(programs: EnginePrograms, given: Omit<EngineSettings, "runc">, options: EngineOptions): Promise<void> {
  const { state, log } = await places();
  const runc = await readRunc(programs.runc);
  checkRunc(runc);
  const settings = { ...given, runc: runc?.version };
  const group = await makeSocketFolder();
  await prepare(programs, state);
  await denyMetadata();
  await writeFile(configuration, formatConfiguration(settings));
  if (existsSync(log)) await rename(log, `${log}.1`);
  const file = await open(log, "w", 0o600);
  // It binds its own resolv.conf over the host's: only a private mount namespace keeps that from everybody else.
  const files = ["--config", configuration, "--root", state, "--oci-cni-binary-dir", cniPlugins];
  const engine = [programs.engine, ...files, "--oci-cni-pool-size", "4", ...(group === undefined ? [] : ["--group", group])];
  const child = spawn("unshare", ["--mount", "--propagation", "private", ...engine], {
    detached: true,
    cwd: state, // it outlives the folder of whoever started it, and its Git fails without a working folder
    stdio: ["ignore", file.fd, file.fd],
    env: { ...engineEnvironment(), ...sdkVariables(settings.sdk) },
  });
  const died = new AbortController();
  const end = ended(child).then(
    (status) => died.abort(`it ended with ${status}`),
    (error: unknown) => died.abort(String(error)),
  );
  child.unref();
  await file.close();
  if (child.pid === undefined) await end;
  else await writeRecord(child.pid, programs.engine, settings);
  await untilItAnswers(options, AbortSignal.any([options.signal, died.signal]));
}

/** Puts the files where the engine looks for them. Repeating it changes nothing. */
async function prepare(programs: EnginePrograms, state: string): Promise<void> {
  for (const folder of [cniPlugins, dirname(installedClient)]) await mkdir(folder, { recursive: true, mode: 0o755 });
  await mkdir(state, { recursive: true, mode: 0o700 });
  await chmod(state, 0o700); // layers, caches of builds and the log are for nobody else
  await install(programs.init, initPath);
  await install(programs.runc, runcPath);
  await install(programs.dagger, installedClient);
  // The engine hashes names into its folder of CA files: a copy keeps that out of the host's.
  await rm(certificates, { recursive: true, force: true });
  await cp("/usr/local/share/ca-certificates", certificates, { recursive: true, filter: (path) => !path.endsWith(".0") }).catch(
    unlessMissing,
  );
  const plugins = ["bridge", "firewall", "host-local", "loopback"].map((name) => join("/usr/lib/cni", name));
  await Promise.all([...plugins, programs.dnsname].map((plugin) => link(plugin, join(cniPlugins, basename(plugin)))));
  await link((await places()).sdk, builtinContent);
}

/** Copies a program to where the engine starts it, even while the old one runs. */
async function install(program: string, path: string): Promise<void> {
  await copyFile(program, `${path}.new`);
  await rename(`${path}.new`, path);
}

/** Makes a symbolic link, and replaces an existing one. */
async function link(target: string, path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(target, path);
}

/** The engine lives long, and our environment may hold anybody's tokens: it gets only what it needs. */
function engineEnvironment(): NodeJS.ProcessEnv {
  const wanted = /^(PATH|HOME|LANG|XDG_CONFIG_HOME|SSL_CERT_(FILE|DIR)|(HTTP|HTTPS|NO|ALL)_PROXY)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => wanted.test(name)));
}

/** Waits until the socket answers. If the engine ends first, the signal is aborted with a text that says how. */
export async function untilItAnswers({ report }: EngineOptions, signal: AbortSignal): Promise<void> {
  const { log } = await places();
  const start = Date.now();
  let reported = false;
  while (!(await answers(socket))) {
    const waited = Date.now() - start;
    if (signal.aborted && typeof signal.reason !== "string") throw new FairleadError("canceled", "start engine: canceled");
    if (signal.aborted || waited > startDeadline) {
      const cause = signal.aborted ? String(signal.reason) : `no answer within ${String(startDeadline / 1000)} s`;
      const output = (await readFile(log, "utf8").catch(() => "")).trimEnd().split("\n").slice(-20);
      throw new FairleadError("unavailable", `start engine: ${cause}`, { hint: `read ${log}`, output });
    }
    if (!reported && waited > 5000) report(`waiting for the engine to answer on ${socket}; it logs to ${log}`);
    reported ||= waited > 5000;
    await delay(100, undefined, { signal }).catch(() => undefined); // the next turn of the loop says why
  }
}
