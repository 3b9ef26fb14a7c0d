import { z } from "zod";

const milliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const bytes = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** The longest time in days that a timer of Node's can wait: a longer one ends at once. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const longestTimer = 24;

/** Limits of a span of time. */
export interface DurationLimits {
  /** The longest, in days: what no timer waits for may be longer than the default. */
  readonly days?: number;
  /** Whether `0s` is one, besides what is at least a second (default: false). */
  readonly zero?: boolean;
}

/** Returns the schema of a span of time such as `90s`, `30m` or `7d`: milliseconds. */
export function duration(limits: DurationLimits = {}): z.ZodType<number, string> {
  return durationText(limits).transform(toMilliseconds);
}

/** Returns the schema of a span of time that stays text. */
export function durationText({ days = longestTimer, zero = false }: DurationLimits = {}): z.ZodType<string, string> {
  const pattern = zero ? /^(0s|[1-9]\d{0,6}[smhd])$/ : /^[1-9]\d{0,6}[smhd]$/;
  const expected = `expected a time such as 90s, 30m, 2h or 7d${zero ? ", or 0s" : ""}`;
  return z
    .string({ error: ({ input }) => withoutUnit(input) })
    .regex(pattern, { error: ({ input }) => withoutUnit(input) ?? expected, abort: true })
    .refine((text) => toMilliseconds(text) <= days * milliseconds.d, `expected a time of at most ${days}d`);
}

/** Returns what is wrong with a bare number, which each tool takes for another unit; undefined for anything else. */
export function withoutUnit(value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !/^(0|[1-9]\d{0,6})$/.test(text)) return undefined;
  return `it has no unit: say ${text}${text === "0" ? "s" : "m"}`;
}

function toMilliseconds(text: string): number {
  return Number(text.slice(0, -1)) * milliseconds[text.at(-1) as keyof typeof milliseconds];
}

/** Returns milliseconds as they are written: `90s`, `30m`. */
export function formatSpan(span: number): string {
  const units = Object.entries(milliseconds).reverse();
  const [unit, size] = units.find(([, each]) => span >= each && span % each === 0) ?? ["s", milliseconds.s];
  return `${span / size}${unit}`;
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
