import type { Context } from "../run/step.ts";

const shortest = 30_000;
const longest = 300_000;

/**
 * Returns after how many milliseconds a gate is looked at again where no event brings the look forward: a twentieth of the time that it has been closed. A
 * person may take days, and each look of a listener costs a process.
 */
export function lookAfter(ctx: Pick<Context, "now" | "began">): number {
  return Math.min(Math.max((ctx.now().getTime() - ctx.began.getTime()) / 20, shortest), longest);
}
