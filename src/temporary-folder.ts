// Folders for what a run needs on disk. Their names say which process made them, so that a later one removes those of a killed one.
import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { startOf } from "./process.ts";

const kinds = ["fairlead-docker", "fairlead-git", "fairlead-run"] as const;
const name = new RegExp(`^(?:${kinds.join("|")})-([a-z0-9]+)-([a-z0-9]+)-([a-f0-9]{6})-[A-Za-z0-9]{6}$`);
/** A process that uses a folder of another's. */
const user = /^\.([a-z0-9]+)-([a-z0-9]+)$/;

/** The folders that hold temporary ones, and have been looked through by this process. */
const searched = new Set<string>();

/**
 * Returns a new folder that only this user can open, such as `/tmp/fairlead-git-2c8-9k3f1a-0f3a9c-x7fQ2k`: kind, process, its start, and where that
 * process can be seen. Whoever makes it removes it. What killed processes have left beside it is removed meanwhile.
 */
export function makeTemporaryFolder(kind: (typeof kinds)[number]): string {
  const parent = tmpdir();
  const own = `${shortened(process.pid)}-${shortened(startOf(process.pid) ?? 0)}`;
  if (!name.test(basename(parent))) {
    const folder = mkdtempSync(join(parent, `${kind}-${own}-${place()}-`)); // mode 0700
    if (!searched.has(parent)) void removeLeft(parent);
    searched.add(parent);
    return folder;
  }
  // it goes with the folder that it is in; a short name leaves room for the path of a socket, which has 107 bytes
  writeFileSync(join(parent, `.${own}`), "");
  return mkdtempSync(join(parent, `${kind}-`));
}

/** Removes the folders of our own user whose processes are gone. Another process may do the same at this moment, and whatever cannot be done waits. */
async function removeLeft(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const each of names.filter((one) => name.test(one))) {
    const folder = join(parent, each);
    if (await isLeft(folder)) await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

async function isLeft(folder: string): Promise<boolean> {
  const [, pid = "", start = "", where] = name.exec(basename(folder)) ?? [];
  const found = lstatSync(folder, { throwIfNoEntry: false }); // a link is not followed
  if (where !== place() || found?.isDirectory() !== true || found.uid !== process.getuid?.() || isAlive(pid, start)) return false;
  const inside = await readdir(folder).catch(() => []);
  return !inside.some((each) => {
    const [, pid, start] = user.exec(each) ?? [];
    return pid !== undefined && start !== undefined && isAlive(pid, start);
  });
}

function isAlive(pid: string, start: string): boolean {
  const id = parseInt(pid, 36);
  const found = startOf(id);
  return start === shortened(0) ? canSignal(id) : found !== undefined && shortened(found) === start;
}

/** Tells of a process by its id alone, where no /proc says when it started. */
function canSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function shortened(number: string | number): string {
  return Number(number).toString(36);
}

/** Names the boot and the namespace that process ids are of: those of another container that shares the folder are not ours to look for. */
function place(): string {
  const read = (reading: () => string): string => {
    try {
      return reading();
    } catch {
      return ""; // this is not Linux
    }
  };
  const boot = read(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  // ids are of the one namespace, times of the other
  const namespaces = ["pid", "time"].map((each) => read(() => readlinkSync(`/proc/self/ns/${each}`)));
  return createHash("sha256")
    .update([boot, ...namespaces].join(" "))
    .digest("hex")
    .slice(0, 6);
}
