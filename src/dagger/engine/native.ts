import { existsSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { FairleadError } from "../../core/errors.ts";
import { quietDagger } from "./environment.ts";
import { buildEngine } from "./native/build.ts";
import { cleanHost } from "./native/clean.ts";
import { anyClient, clientIn, hasOurSdk, runningClient } from "./native/client.ts";
import { answeringEngine, findEngine, isRoot, refuseClosed, refuseStart } from "./native/find.ts";
import { answers } from "./native/host.ts";
import { launch } from "./native/launch.ts";
import { hostLock, withLock } from "./native/lock.ts";
import { places, programsIn, socket, version, type EngineOptions, type EnginePrograms } from "./native/places.ts";
import { endProcess, isRecorded, runningEngine, type EngineRecord } from "./native/process.ts";
import { readRunc } from "./native/runc.ts";
import { sdkDigest } from "./native/sdk.ts";
import { plainHttpRegistries } from "./native/settings.ts";

export { anyClient, buildEngine, type EngineOptions };

/** The output of `fairlead engine`. Folders and files are absolute paths. To anybody but root, the process and its settings are unknown. */
export type EngineStatus = {
  readonly version: string;
  readonly built: boolean;
  readonly running: boolean;
  readonly pid: number | null;
  /** The version of the runc that the running engine uses, else of the compiled one; `null`: there is none, or it is unknown. */
  readonly runc: string | null;
  /** Registries that the running engine speaks plain HTTP to, besides those on 127.0.0.1. */
  readonly plainHttp: readonly string[];
  readonly socket: string;
  readonly log: string;
  readonly cache: string;
  readonly state: string;
};

/** The address of an engine, and the `dagger` program for it. */
export interface Runner {
  readonly host: string;
  readonly cli: string;
}

/**
 * Returns whether the engine and the TypeScript SDK are built, whether the engine runs, and where its files are.
 * Starts nothing.
 * @throws FairleadError `forbidden` to a user who may not open its socket
 */
export async function engineStatus(): Promise<EngineStatus> {
  const closed = refuseClosed();
  if (closed !== undefined) throw closed;
  const { cache, sdk, state, log } = await places();
  const record = await runningEngine();
  return {
    version,
    built: existsSync(cache) && existsSync(sdk),
    running: record !== undefined || (!isRoot() && (await answers(socket))),
    pid: record?.pid ?? null,
    runc: (record === undefined ? (await readRunc(programsIn(cache).runc))?.version : record.runc) ?? null,
    plainHttp: record?.plainHttp ?? [],
    socket,
    log,
    cache,
    state,
  };
}

/**
 * Returns the address of the native engine, which is compiled and started if needed. There is one a host: it is shared,
 * and outlives this process. One that answers is used as it is, without a lock, whoever compiled it.
 * @throws FairleadError as `buildEngine`, and `forbidden`, `not_found`, `conflict`, `input` by what the host lacks
 * (native/host.ts), `unavailable` when the engine does not come up
 */
export async function startEngine(options: EngineOptions): Promise<Runner> {
  const refusal = await refuseStart();
  if (refusal !== undefined) throw refusal;
  if (options.signal.aborted) throw new FairleadError("canceled", "start engine: canceled");
  const running = isRoot() ? await runningForRoot(options) : { record: undefined };
  const client = running === undefined ? undefined : runningClient(running.record);
  if (client !== undefined) return { host, cli: client };
  const programs = await buildEngine(options);
  if (running === undefined) await launchOnce(programs, options);
  return { host, cli: clientIn(dirname(programs.engine)) };
}

const host = `unix://${socket}`;

/** Returns the engine that runs; undefined if root may start one. The host is checked before anything is compiled for it, and again after those minutes. */
async function runningForRoot(options: EngineOptions): Promise<{ readonly record: EngineRecord } | undefined> {
  const plainHttp = plainHttpRegistries();
  const find = (): Promise<EngineRecord | undefined> => findEngine(plainHttp, options);
  const record = (await answeringEngine(plainHttp)) ?? (await withLock(options, await hostLock("looks for the engine"), find));
  return record && { record };
}

async function launchOnce(programs: EnginePrograms, options: EngineOptions): Promise<void> {
  const plainHttp = plainHttpRegistries();
  await withLock(options, await hostLock("starts the engine"), async () => {
    if ((await findEngine(plainHttp, options)) === undefined) await launch(programs, { plainHttp, sdk: await sdkDigest() }, options);
  });
}

/**
 * Stops the engine that `startEngine` started, and removes its traces on the host: bridge, iptables rules, sockets.
 * Layers and log stay. Returns false if none ran.
 */
export async function stopEngine(options: EngineOptions = quietly): Promise<boolean> {
  return withLock(options, await hostLock("stops the engine"), async () => {
    const record = await runningEngine();
    if (record === undefined && !isRecorded()) return false;
    if (record !== undefined) await endProcess(record);
    await cleanHost((await places()).state);
    return record !== undefined;
  });
}

const quietly: EngineOptions = { report: () => undefined, signal: new AbortController().signal };

/**
 * Returns the variables with which Dagger's own programs use the native engine, which is compiled and started if
 * needed.
 * They put a folder in front of PATH that holds only `dagger`.
 * @throws FairleadError as `startEngine`, and `conflict` when the engine that runs has the TypeScript SDK of another
 * fairlead
 */
export async function engineVariables(options: EngineOptions): Promise<Readonly<Record<string, string>>> {
  const { host, cli } = await startEngine(options);
  if (!(await hasOurSdk())) {
    throw new FairleadError("conflict", "prepare shell: the running engine has another TypeScript SDK", {
      hint: "run fairlead engine stop when no build uses it, then run this again",
    });
  }
  const folder = dirname(cli);
  const path = (process.env.PATH ?? "").split(delimiter).filter((other) => other !== folder && other !== "");
  return {
    PATH: [folder, ...path].join(delimiter),
    _EXPERIMENTAL_DAGGER_RUNNER_HOST: host,
    _EXPERIMENTAL_DAGGER_CLI_BIN: cli,
    ...quietDagger,
  };
}
