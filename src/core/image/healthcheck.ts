import { readWords } from "./words.ts";

/** A health check in the form of an image's configuration; durations in nanoseconds. */
export type Healthcheck = Readonly<Record<string, unknown>>;

const durationFields: Readonly<Record<string, string>> = {
  interval: "Interval",
  timeout: "Timeout",
  "start-period": "StartPeriod",
  "start-interval": "StartInterval",
};
/** Units of Go's durations, in nanoseconds: https://pkg.go.dev/time#ParseDuration */
const units: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };

/** Returns what HEALTHCHECK says; undefined if it is neither a command nor NONE. https://docs.docker.com/reference/dockerfile/#healthcheck */
export function readHealthcheck(text: string): Healthcheck | undefined {
  const fields: (readonly [string, number])[] = [];
  let [first, rest] = firstWord(text);
  while (first.startsWith("--")) {
    fields.push(...fieldOf(first));
    [first, rest] = firstWord(rest);
  }
  if (first.toUpperCase() === "NONE") return { Test: ["NONE"] };
  if (first.toUpperCase() !== "CMD" || rest === "") return undefined;
  const words = readWords(rest);
  return { Test: words === undefined ? ["CMD-SHELL", rest] : ["CMD", ...words], ...Object.fromEntries(fields) };
}

function firstWord(text: string): readonly [word: string, rest: string] {
  const end = text.search(/\s/);
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end).trimStart()];
}

/** Returns the field of a flag such as `--interval=5s`, as an entry. */
function fieldOf(flag: string): readonly (readonly [string, number])[] {
  const [name = "", value = ""] = flag.slice(2).split("=", 2);
  if (name === "retries") return [["Retries", Number(value)]];
  const field = durationFields[name];
  return field === undefined ? [] : [[field, nanoseconds(value)]];
}

function nanoseconds(text: string): number {
  const parts = [...text.matchAll(/(\d{1,15}(?:\.\d{1,15})?)(ns|us|µs|μs|ms|s|m|h)/g)];
  return Math.round(parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (units[unit] ?? 0), 0));
}
