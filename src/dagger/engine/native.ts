import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { FairleadError } from "../../core/errors.ts";
import { quietDagger } from "./environment.ts";
import { buildEngine } from "./native/build.ts";
import { cleanHost } from "./native/clean.ts";
import { answers, readHost } from "./native/host.ts";
import { launch, untilItAnswers } from "./native/launch.ts";
import { withHostLock } from "./native/lock.ts";
import { checkHost, needs } from "./native/needs.ts";
import { places, socket, version, type EngineOptions } from "./native/places.ts";
import { endProcess, isRecorded, runningEngine } from "./native/process.ts";
import { sdkDigest } from "./native/sdk.ts";
import { checkPlainHttp, plainHttpRegistries } from "./native/settings.ts";

export { buildEngine, type EngineOptions };

/** The output of `fairlead engine`. Folders and files are absolute paths. */
export type EngineStatus = {
  readonly version: string;
  readonly built: boolean;
  readonly running: boolean;
  readonly pid: number | null;
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
 */
export async function engineStatus(): Promise<EngineStatus> {
  const { cache, sdk, state, log } = await places();
  const record = await runningEngine();
  return {
    version,
    built: existsSync(cache) && existsSync(sdk),
    running: record !== undefined,
    pid: record?.pid ?? null,
    plainHttp: record?.plainHttp ?? [],
    socket,
    log,
    cache,
    state,
  };
}

/**
 * Returns the address of the native engine, which is compiled and started if needed. There is one a host: it is shared,
 * and outlives this process.
 * @throws FairleadError as `buildEngine`, and `forbidden`, `not_found`, `conflict`, `input` by what the host lacks
 * (native/host.ts), `unavailable` when the engine does not come up
 */
export async function startEngine(options: EngineOptions): Promise<Runner> {
  const refusal = needs.platform(process) ?? needs.root({ uid: process.getuid?.() });
  if (refusal !== undefined) throw refusal;
  if (options.signal.aborted) throw new FairleadError("canceled", "start engine: canceled");
  const plainHttp = plainHttpRegistries();
  return withHostLock(options, async () => {
    const record = await runningEngine();
    if (record !== undefined) {
      checkPlainHttp(record.plainHttp, plainHttp);
      await untilItAnswers(options, options.signal); // whoever started it may have been stopped while waiting
    } else {
      if (isRecorded()) await cleanHost((await places()).state); // an engine that died left its rules
      await assertNoOtherEngine();
      checkHost(await readHost(), ["packages", "port53", "buildkit", "fileSystem"]);
    }
    const programs = await buildEngine(options);
    if (record === undefined) await launch(programs, { plainHttp, sdk: await sdkDigest() }, options);
    return { host: `unix://${socket}`, cli: programs.dagger };
  });
}

/**
 * Stops the engine that `startEngine` started, and removes its traces on the host: bridge, iptables rules, sockets.
 * Layers and log stay. Returns false if none ran.
 */
export async function stopEngine(): Promise<boolean> {
  return withHostLock({ report: () => undefined, signal: new AbortController().signal }, async () => {
    const record = await runningEngine();
    if (record === undefined && !isRecorded()) return false;
    if (record !== undefined) await endProcess(record);
    await cleanHost((await places()).state);
    return record !== undefined;
  });
}

/**
 * Returns the variables with which Dagger's own programs use the native engine, which is compiled and started if
 * needed.
 * They put a folder in front of PATH that holds only `dagger`.
 * @throws FairleadError as `startEngine`, and `conflict` when the engine that runs has the TypeScript SDK of another
 * fairlead
 */
export async function engineVariables(options: EngineOptions): Promise<Readonly<Record<string, string>>> {
  const { host, cli } = await startEngine(options);
  if ((await runningEngine())?.sdk !== (await sdkDigest())) {
    throw new FairleadError("conflict", "prepare shell: the running engine has another TypeScript SDK", {
      hint: "run fairlead engine stop when no build uses it, then run this again",
    });
  }
  const folder = join(dirname(cli), "bin");
  const path = (process.env.PATH ?? "").split(delimiter).filter((other) => other !== folder && other !== "");
  return {
    PATH: [folder, ...path].join(delimiter),
    _EXPERIMENTAL_DAGGER_RUNNER_HOST: host,
    _EXPERIMENTAL_DAGGER_CLI_BIN: cli,
    ...quietDagger,
  };
}

async function assertNoOtherEngine(): Promise<void> {
  if (!(await answers(socket))) return;
  throw new FairleadError("conflict", `start engine: an engine that fairlead did not start answers on ${socket}`, {
    hint: `stop it, or use it: FAIRLEAD_ENGINE=unix://${socket}`,
  });
}
