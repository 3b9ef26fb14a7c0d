import { spawn, type ChildProcessByStdio } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import type { Contender } from "./bench.ts";

/** A program to run as a whole process, without a shell. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** The expected exit code; 0 by default. */
  readonly code?: number;
}

/** Runs a program to its end, with its output drained as a pipe would. Throws its output if it fails. */
export async function runCommand(command: Command): Promise<void> {
  await drain(start(command), command);
}

/**
 * Runs a program in the same way, and returns its peak of resident memory, in bytes.
 * The kernel's number is read every few milliseconds, since it is gone with the process.
 */
export async function peakMemory(command: Command): Promise<number> {
  const child = start(command);
  let peak = 0;
  const read = (): void => {
    const status = existsSync(`/proc/${child.pid}/status`) ? readFileSync(`/proc/${child.pid}/status`, "utf8") : "";
    peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
  };
  const timer = setInterval(read, 5);
  await drain(child, command).finally(() => clearInterval(timer));
  return peak;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function start({ program, args, env }: Command): Child {
  return spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function drain(child: Child, { program, args, code = 0 }: Command): Promise<void> {
  const ended = new Promise<string>((resolve, reject) => {
    child.once("error", reject).once("close", (exit, signal) => resolve(String(exit ?? signal)));
  });
  const [end, , said] = await Promise.all([ended, buffer(child.stdout), text(child.stderr)]);
  if (end !== String(code)) throw new Error(`${[program, ...args].join(" ")}: ended with ${end}, not ${code}\n${said}`);
}

/** The variables that programs of a bench inherit: no other setting of this machine's user counts. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, XDG_CACHE_HOME, FAIRLEAD_ENGINE_STATE } = process.env;
  return { PATH, HOME, ...(XDG_CACHE_HOME && { XDG_CACHE_HOME }), ...(FAIRLEAD_ENGINE_STATE && { FAIRLEAD_ENGINE_STATE }) };
}

/**
 * Runs all contenders in turn (A B A B …), once to warm up and then `rounds` times.
 * Returns their wall times in milliseconds: one list for each contender, one entry for each round. Entries at the same
 * index were measured side by side.
 */
export async function measure(
  contenders: readonly Contender[],
  rounds: number,
  onRound: (round: number) => void,
): Promise<readonly (readonly number[])[]> {
  const times = contenders.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    onRound(round);
    for (const [index, contender] of contenders.entries()) {
      await contender.prepare?.();
      const start = process.hrtime.bigint();
      await contender.run();
      if (round > 0) times[index]?.push(Number(process.hrtime.bigint() - start) / 1e6);
      await contender.settle?.();
    }
  }
  return times;
}

/** The median of some numbers, and their extremes. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Returns the spread of at least one number. */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return { median, least: sorted[0]!, most: sorted.at(-1)! };
}
