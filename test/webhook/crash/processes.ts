/** Processes as Linux shows them: https://man7.org/linux/man-pages/man5/proc.5.html */
import { readFile } from "node:fs/promises";

/** A process. Numbers are used again, so when it was started is a part of what it is. */
export interface Process {
  readonly pid: number;
  /** In clock ticks since the machine was started. */
  readonly started: string;
}

/** The processes of a listener. */
export interface Tree {
  readonly listener: Process | undefined;
  readonly workers: readonly Process[];
  readonly runs: readonly Process[];
  /** What runs have started, such as Git. */
  readonly others: readonly Process[];
}

/** Returns the processes of a listener that there are now. */
export async function treeOf(pid: number): Promise<Tree> {
  const workers = await childrenOf([pid]);
  const runs = await childrenOf(workers);
  const others: number[] = [];
  for (let level = await childrenOf(runs); level.length > 0; level = await childrenOf(level)) others.push(...level);
  const [listener] = await identify([pid]);
  return { listener, workers: await identify(workers), runs: await identify(runs), others: await identify(others) };
}

/** Returns all processes of a tree. */
export function allOf({ listener, workers, runs, others }: Tree): readonly Process[] {
  return [...(listener === undefined ? [] : [listener]), ...workers, ...runs, ...others];
}

/** Sends a signal to those that are still there. */
export async function signal(name: NodeJS.Signals, processes: readonly Process[]): Promise<void> {
  for (const { pid } of await living(processes)) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Returns those that are still there. */
export async function living(processes: readonly Process[]): Promise<readonly Process[]> {
  const now = await identify(processes.map(({ pid }) => pid));
  return processes.filter((each) => now.some(({ pid, started }) => pid === each.pid && started === each.started));
}

/** Returns what a process was started as. */
export async function commandOf({ pid }: Process): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ").trim();
}

async function childrenOf(parents: readonly number[]): Promise<readonly number[]> {
  const lists = await Promise.all(parents.map((pid) => readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "")));
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

/** One that has ended and that nobody has asked about yet is no longer there. */
async function identify(pids: readonly number[]): Promise<readonly Process[]> {
  const found = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return stat === "" || fields[0] === "Z" ? [] : [{ pid, started: fields[19] ?? "" }];
    }),
  );
  return found.flat();
}
