import { defaultFor, sentenceFor } from "../core/run/field.ts";
import { commandGroups, type Command, type CommandBody } from "./command.ts";
import { isRepeatable, positionals, spelled, typed, type Flag } from "./flag.ts";

const width = 80;
/** If a left column is wider, its sentence goes on the next line. */
const widestLeft = 30;

/** The lines of a long usage begin below its first word. */
const usageIndent = " ".repeat("Usage: ".length);

const secretNote = "A SECRET is a reference, not the secret: env:VARIABLE, file:PATH or cmd:COMMAND.";

/** Returns the help of `fairlead` itself: it needs only the list. */
export function topHelp(commands: readonly Command[]): string {
  return [
    "Build, push and deploy a commit by pull request, and notify your team",
    "",
    "Usage: fairlead COMMAND [arguments] [flags]",
    "",
    ...commandGroups.flatMap((group) => groupLines(group, commands)),
    "Flags:",
    ...columns([
      ["-h, --help", "Show this help, or a command's"],
      ["-v, --version", "Print the version"],
    ]),
    "",
    "Run fairlead COMMAND --help for its arguments and flags.",
    "",
  ].join("\n");
}

/** Returns the commands of a group under its title. The summaries of all groups begin in one column. */
function groupLines(group: Command["group"], commands: readonly Command[]): readonly string[] {
  const own = commands.filter((command) => command.group === group);
  if (own.length === 0) return [];
  const rows = own.map(({ name, summary }) => [name, summary] as const);
  return [`${group}:`, ...columns(rows, Math.max(...commands.map(({ name }) => name.length))), ""];
}

/** Returns the help of a command: usage, arguments, flags, an example. */
export function commandHelp({ name, summary, example }: Command, { flags }: CommandBody): string {
  const places = positionals(flags);
  const named = flags.filter((flag) => flag.positional === undefined);
  const needed = named.filter(({ required }) => required);
  const usage = ["fairlead", name, ...places.map((flag) => usageOf(flag, named)), ...needed.map(typed), "[flags]"];
  const hasSecrets = named.some(({ kind }) => kind === "secret" || kind === "secrets");
  return [
    summary,
    "",
    ...wrap(usage, width - usageIndent.length).map((line, index) => `${index === 0 ? "Usage: " : usageIndent}${line}`),
    "",
    ...(places.length === 0 ? [] : ["Arguments:", ...columns(places.map((flag) => [spelled(flag), sentence(flag)])), ""]),
    "Flags:",
    ...columns(named.map((flag) => [typed(flag), sentence(flag)])),
    "",
    ...(hasSecrets ? [secretNote, ""] : []),
    "Example:",
    `  fairlead ${example}`,
    "",
  ].join("\n");
}

/** Returns an argument as a usage line shows it: `IMAGE`, `[IMAGE]` if optional, `TAG...` if repeatable, `(REPOSITORY | --source DIR)`. */
function usageOf(flag: Flag, named: readonly Flag[]): string {
  const name = isRepeatable(flag) ? `${spelled(flag)}...` : spelled(flag);
  const instead = named.filter(({ insteadOf }) => insteadOf === flag.name);
  if (instead.length > 0) return `(${[name, ...instead.map(typed)].join(" | ")})`;
  return flag.required ? name : `[${name}]`;
}

/** Returns a flag's sentence with its notes. Defaults are said here alone, each in the same words. */
function sentence(flag: Flag): string {
  const byDefault = defaultFor("command line", flag);
  const notes = [
    ...(flag.required ? ["required"] : []),
    ...(isRepeatable(flag) ? ["may be repeated"] : []),
    ...(byDefault === undefined ? [] : [`default: ${byDefault}`]),
    ...(flag.positional !== undefined && flag.choices !== undefined ? [flag.choices.join(", ")] : []),
  ];
  const said = sentenceFor("command line", flag);
  const text = said.charAt(0).toUpperCase() + said.slice(1);
  return notes.length === 0 ? text : `${text} (${notes.join("; ")})`;
}

function columns(rows: readonly (readonly [left: string, right: string])[], widest = widestOf(rows)): readonly string[] {
  const indent = " ".repeat(widest + 4);
  return rows.flatMap(([left, right]) => {
    const [first = "", ...rest] = wrap(right.split(" "), width - indent.length);
    const below = rest.map((line) => `${indent}${line}`);
    return left.length > widest ? [`  ${left}`, `${indent}${first}`, ...below] : [`  ${left.padEnd(widest)}  ${first}`.trimEnd(), ...below];
  });
}

function widestOf(rows: readonly (readonly [left: string, right: string])[]): number {
  return Math.max(...rows.map(([left]) => left.length).filter((length) => length <= widestLeft));
}

function wrap(words: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
