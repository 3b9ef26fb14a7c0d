import { spawn } from "node:child_process";
import { buffer, text } from "node:stream/consumers";
import type { Contender } from "./bench.ts";

/** A program to run as a whole process, without a shell. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** The exit code that is right: 0 unless told. */
  readonly code?: number;
}

/** Runs a program to its end, with its output drained as a pipe would. Throws what it said when it ends otherwise than it should. */
export async function runCommand({ program, args, env, code = 0 }: Command): Promise<void> {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<string>((resolve, reject) => {
    child.once("error", reject).once("close", (exit, signal) => resolve(String(exit ?? signal)));
  });
  const [end, , said] = await Promise.all([ended, buffer(child.stdout), text(child.stderr)]);
  if (end !== String(code)) throw new Error(`${[program, ...args].join(" ")}: ended with ${end}, not ${code}\n${said}`);
}

/** The variables that programs of a bench inherit: nothing else of this machine's user counts. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, XDG_CACHE_HOME, FAIRLEAD_ENGINE_STATE } = process.env;
  return { PATH, HOME, ...(XDG_CACHE_HOME && { XDG_CACHE_HOME }), ...(FAIRLEAD_ENGINE_STATE && { FAIRLEAD_ENGINE_STATE }) };
}

/**
 * Runs all contenders in turn (A B A B …), once to warm up and then `rounds` times. Returns their wall times in milliseconds, one list for
 * each contender, one entry for each round: what stands at the same place was measured side by side.
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
      const start = process.hrtime.bigint();
      await contender.run();
      if (round > 0) times[index]?.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
  }
  return times;
}

/** The middle of some numbers, and their ends. */
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
