// The `dagger` program for the engine that runs, whoever compiled that one.
import { existsSync } from "node:fs";
import { readlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { builtinContent, installedClient, places, programsIn } from "./places.ts";
import { runningEngine, type EngineRecord } from "./process.ts";

/**
 * Returns the `dagger` for the engine that runs: the installed one, which only root can change, or the one beside a recorded engine that an older
 * fairlead started. Undefined if neither is there.
 */
export function runningClient(record: EngineRecord | undefined): string | undefined {
  const besides = record === undefined ? [] : [clientIn(dirname(record.program))];
  return [...besides, installedClient].find((path) => existsSync(path));
}

/** Returns a `dagger` that this user can run: the compiled one, or that of the engine of this machine; undefined without any. */
export async function anyClient(): Promise<string | undefined> {
  const compiled = programsIn((await places()).cache).dagger;
  return existsSync(compiled) ? compiled : runningClient(await runningEngine());
}

/** Returns the path of `dagger` in a folder that has nothing else, for PATH. */
export function clientIn(cache: string): string {
  return join(cache, "bin", "dagger");
}

/** Tells whether the engine that was started last has our TypeScript SDK: the name of its folder is a hash of its sources. */
export async function hasOurSdk(): Promise<boolean> {
  const running = await readlink(builtinContent).catch(() => "");
  return basename(running) === basename((await places()).sdk);
}
