/** Who holds a run: by this, others of the same machine see that its processes are gone, and need not wait until its lease is over. */
import { readFileSync, readlinkSync } from "node:fs";
import type { RunHolder } from "../store.ts";

/**
 * Returns the name of a worker's process for the store: `worker-PID-PLACE PID of MACHINE`. The machine is its boot and the namespace of its process
 * ids: those of another one mean nothing here. https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
 */
export function holderName(worker: string, pid: number, machine: string | undefined): string {
  return machine === undefined ? worker : `${worker} ${pid} of ${machine}`;
}

/** Returns what process ids are true of; undefined where that cannot be told. */
export function thisMachine(): string | undefined {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** Tells whether a worker, and the processes of the run that it held, are gone from this machine. Of another machine's nothing is known. */
export function isGone({ worker, group }: RunHolder, machine: string | undefined): boolean {
  const [, pid, of] = /^\S+ (\d+) of (.+)$/.exec(worker) ?? [];
  if (pid === undefined || of !== machine || isAlive(Number(pid))) return false;
  return group === undefined || !isAlive(-group);
}

/** Tells whether there is such a process, or one of a group. A number that another process has by now is taken for the same: then the lease counts. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
