/** The first and the longest span, in milliseconds, out of which a back-off is taken. */
const firstBackoff = 5_000;
export const longestBackoff = 300_000;

/** Returns how long, in milliseconds, a run rests after its attempt of this number has failed: full jitter, so that many that failed together do not come back together. */
export function backoffAfter(attempt: number): number {
  return Math.round(Math.random() * Math.min(longestBackoff, firstBackoff * 2 ** (attempt - 1)));
}
