import { isatty } from "node:tty";
import { pino, type Logger } from "pino";
import { visible, visibleJson } from "../src/core/text/visible.ts";

const stderrFile = 2;

/**
 * Returns the log of a process of the listener, with the fields of `base` in each entry: lines on stderr, of JSON, or for a person where that is a
 * terminal. What others wrote is in it without any character that a terminal obeys. Nothing else in the listener writes there.
 */
export function createLog(base: Readonly<Record<string, string>> | null, forPeople = isatty(stderrFile)): Logger {
  const stderr = pino.destination({ fd: stderrFile, sync: true });
  const show = forPeople ? readableLines : visibleJson;
  return pino({ base: base && { ...base } }, { write: (line) => void stderr.write(show(line)) });
}

/**
 * Returns an entry of the log for a person: the time of this machine, the level if something is wrong, the message, and all other fields as `name=value`.
 * A list of sentences is below, one on each line.
 */
export function readableLines(entry: string): string {
  const { level, time, msg = "", ...fields } = JSON.parse(entry) as { level: number; time: number; msg?: string } & Record<string, unknown>;
  const given = Object.entries(fields).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0));
  const isBelow = ([, value]: readonly [string, unknown]): boolean => sentencesIn(value).length > 0;
  const beside = given.filter((each) => !isBelow(each)).map(([name, value]) => `${name}=${textOf(value)}`);
  const below = given.filter(isBelow).flatMap(([name, value]) => sentencesIn(value).map((each) => `  ${name}: ${each}`));
  const label = level > pino.levels.values.info! ? `${pino.levels.labels[level] ?? level}: ` : "";
  const first = [clockTime(time), `${label}${msg}`, ...beside].join("  ");
  return [first, ...below].map((line) => `${visible(line)}\n`).join("");
}

/** Returns the sentences of a field: its words are no names or numbers. */
function sentencesIn(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.every((each) => typeof each === "string") && list.some((each) => each.includes(" ")) ? list : [];
}

function textOf(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join(",");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function clockTime(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}
