import { existsSync } from "node:fs";
import { FairleadError } from "../core/errors.ts";
import { buildEngine } from "./native-build.ts";
import { cleanHost } from "./native-clean.ts";
import { answers, readHost } from "./native-host.ts";
import { launch, untilItAnswers } from "./native-launch.ts";
import { withHostLock } from "./native-lock.ts";
import { checkHost, needs } from "./native-needs.ts";
import { places, socket, version, type EngineOptions } from "./native-places.ts";
import { endProcess, isRecorded, runningEngine } from "./native-process.ts";

export { buildEngine, type EngineOptions };

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

/** Where an engine answers, and the `dagger` program that speaks to it. */
export interface Runner {
  readonly host: string;
  readonly cli: string;
}

/** Returns whether the engine is compiled and running, and where its files are. Starts nothing. */
export async function engineStatus(): Promise<EngineStatus> {
  const { cache, state, log } = await places();
  const record = await runningEngine();
  return { version, built: existsSync(cache), running: record !== undefined, pid: record?.pid ?? null, socket, log, cache, state };
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
  if (options.signal.aborted) throw new FairleadError("canceled", "start engine: canceled");
  return withHostLock(options, async () => {
    const record = await runningEngine();
    if (record !== undefined) {
      await untilItAnswers(options, options.signal); // whoever started it may have been stopped while waiting
    } else {
      if (isRecorded()) await cleanHost((await places()).state); // an engine that died left its rules
      await refuseStranger();
      checkHost(await readHost(), ["packages", "port53", "buildkit", "fileSystem"]);
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
  return withHostLock({ report: () => undefined, signal: new AbortController().signal }, async () => {
    const record = await runningEngine();
    if (record === undefined && !isRecorded()) return false;
    if (record !== undefined) await endProcess(record);
    await cleanHost((await places()).state);
    return record !== undefined;
  });
}

async function refuseStranger(): Promise<void> {
  if (!(await answers(socket))) return;
  throw new FairleadError("conflict", `start engine: an engine that fairlead did not start answers on ${socket}`, {
    hint: `stop it, or use it: FAIRLEAD_ENGINE=unix://${socket}`,
  });
}
