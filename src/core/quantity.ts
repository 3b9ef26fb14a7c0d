import { z } from "zod";

const milliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const bytes = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** The longest time in days that a timer of Node's can wait: a longer one ends at once. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const longestTimer = 24;

/**
 * Returns the schema of a span of time such as `90s`, `30m` or `7d`: milliseconds, at least one second and at most `days`. What no timer waits for may
 * be longer than the default.
 */
export function duration({ days = longestTimer } = {}): z.ZodType<number, string> {
  const span = quantity(/^([1-9]\d{0,6})(s|m|h|d)$/, milliseconds, "a time such as 90s, 30m, 2h or 7d");
  return span.refine((time) => time <= days * milliseconds.d, `expected a time of at most ${days}d`);
}

/** Returns the schema of an amount of data such as `64MiB`: bytes. */
export function size(): z.ZodType<number, string> {
  return quantity(/^([1-9]\d{0,6})(KiB|MiB|GiB)$/, bytes, "a size such as 512KiB or 64MiB");
}

function quantity(pattern: RegExp, units: Readonly<Record<string, number>>, what: string): z.ZodType<number, string> {
  return z
    .string()
    .regex(pattern, `expected ${what}`)
    .transform((text) => {
      const [, amount = "", unit = ""] = pattern.exec(text) ?? [];
      return Number(amount) * (units[unit] ?? 1);
    });
}
