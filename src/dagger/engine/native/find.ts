// Which engine runs on this host, and whether one can start.
import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { FairleadError } from "../../../core/errors.ts";
import { cleanHost } from "./clean.ts";
import { answers, readHost } from "./host.ts";
import { untilItAnswers } from "./launch.ts";
import { checkHost, needs } from "./needs.ts";
import { places, socket, type EngineOptions } from "./places.ts";
import { isRecorded, runningEngine, type EngineRecord } from "./process.ts";
import { checkRunningRunc } from "./runc.ts";
import { checkPlainHttp } from "./settings.ts";
import { refuseSocketFolder } from "./socket-folder.ts";

/** Tells whether this process is root's. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Returns why no engine can be had here. One that answers may be used by whoever can open its socket, if only root can have put it there. Only root
 * starts one.
 */
export async function refuseStart(): Promise<FairleadError | undefined> {
  const refusal = needs.platform(process) ?? (await refuseSocketFolder(dirname(socket)));
  if (refusal !== undefined || isRoot() || (await answers(socket))) return refusal;
  return refuseClosed() ?? needs.root({ uid: process.getuid?.() });
}

/** Returns the error for a user who may not open the socket of the engine, and so cannot know whether it runs. */
export function refuseClosed(path = socket): FairleadError | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") return undefined;
    return new FairleadError("forbidden", `use engine: user ${String(process.getuid?.())} may not open ${path}`, {
      hint: "run it as root, or as a member of the group that FAIRLEAD_ENGINE_GROUP named when the engine was started",
    });
  }
}

/** Returns the running engine if it answers. Throws `conflict` for one with other settings than ours. */
export async function answeringEngine(plainHttp: readonly string[]): Promise<EngineRecord | undefined> {
  const record = await runningEngine();
  if (record === undefined || !(await answers(socket))) return undefined;
  checkSettings(record, plainHttp);
  return record;
}

/** Returns the running engine once it answers. Undefined: none runs, the host is fit for one, and clear of one that died. */
export async function findEngine(plainHttp: readonly string[], options: EngineOptions): Promise<EngineRecord | undefined> {
  const record = await runningEngine();
  if (record !== undefined) {
    checkSettings(record, plainHttp);
    await untilItAnswers(options, options.signal); // whoever started it may have been stopped while waiting
    return record;
  }
  if (isRecorded()) await cleanHost((await places()).state); // an engine that died left its rules
  await assertNoOtherEngine();
  checkHost(await readHost(), ["packages", "port53", "buildkit", "fileSystem", "privateState"]);
  return undefined;
}

function checkSettings(running: EngineRecord, plainHttp: readonly string[]): void {
  checkRunningRunc(running.runc);
  checkPlainHttp(running.plainHttp, plainHttp);
}

async function assertNoOtherEngine(): Promise<void> {
  if (!(await answers(socket))) return;
  throw new FairleadError("conflict", `start engine: an engine that fairlead did not start answers on ${socket}`, {
    hint: `stop it, or use it: FAIRLEAD_ENGINE=unix://${socket}`,
  });
}
