import type { Env, OutputStream } from "./stream.ts";

/**
 * Tells whether text may be coloured and moved: the stream is a capable terminal, and the user has not asked for plain text
 * (https://no-color.org).
 */
export function canStyle(stream: OutputStream, env: Env): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}

/** Returns a time in words: `12.3 s`, `2 min 3 s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
