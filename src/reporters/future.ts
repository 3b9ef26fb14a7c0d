// A report says in its text when its run was made, or since when it runs. The newest counts, so a time that has not come yet would count for ever.

/** Milliseconds that the clocks of two machines may differ. */
const skew = 5 * 60_000;

/** Tells whether a time, in milliseconds since 1970, has not come yet: it is not believed. */
export function isFuture(at: number, now: Date): boolean {
  return at > now.getTime() + skew;
}
