import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { asFairleadError } from "../../src/core/errors.ts";
import { makeTemporaryFolder } from "../../src/temporary-folder.ts";
import { programPath } from "../programs.ts";
import type { TellOrder, Told } from "../report/messages.ts";
import { environmentIn, killGroup, offerToKernel } from "./spawn-run.ts";

/** What a report's process is given, and by when it has to end. */
export interface TellStart extends Omit<TellOrder, "folder"> {
  /** The limit of its heap. */
  readonly memoryBytes: number;
  /** Aborted when it is to end at once. */
  readonly signal: AbortSignal;
}

/**
 * Does it in a process of its own, which leads a group, with a temporary folder of its own: what a server answers takes neither the worker's memory nor
 * its time. Returns what came of it, or how the process has ended without a word.
 */
export async function spawnReport({ memoryBytes, signal, ...order }: TellStart): Promise<Told | { readonly died: string }> {
  const folder = makeTemporaryFolder("fairlead-run");
  const child = fork(programPath("report-process"), {
    env: environmentIn(folder, []),
    execArgv: [`--max-old-space-size=${Math.ceil(memoryBytes / 1024 / 1024)}`],
    detached: true,
    serialization: "advanced", // times stay times
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  offerToKernel(child);
  const kill = (): void => killGroup(child);
  let told: Told | undefined;
  child.on("message", (message: Told) => (told = message));
  signal.addEventListener("abort", kill);
  if (signal.aborted) kill();
  try {
    child.send({ ...order, folder } satisfies TellOrder, () => undefined);
    await once(child, "exit").catch(asFairleadError); // `error`: it could not be started
    return told ?? { died: child.signalCode ?? `exit code ${child.exitCode ?? "unknown"}` };
  } finally {
    signal.removeEventListener("abort", kill);
    kill(); // what it has started and left
    rmSync(folder, { recursive: true, force: true });
  }
}
