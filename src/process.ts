import { readFileSync } from "node:fs";

/**
 * Returns when a process started, in the kernel's ticks since the boot: the 22nd field of /proc/PID/stat. With the id it names a process for ever, as
 * ids are used again. undefined where there is no such process, or only a zombie. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function startOf(pid: number): string | undefined {
  const stat = readStat(pid);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  } catch {
    return "";
  }
}
