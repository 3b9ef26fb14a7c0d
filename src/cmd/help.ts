import { sentenceFor } from "../core/run/field.ts";
import { commandGroups, type Command, type CommandBody } from "./command.ts";
import { defaultText, flagName, isRepeatable, positionals, spelled, type Flag } from "./flag.ts";

const width = 80;
/** If a left column is wider, its sentence goes on the next line. */
const widestLeft = 30;

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
      ["--help", "Show this help, or a command's"],
      ["--version", "Print the version"],
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
  const usage = ["fairlead", name, ...places.map(usageOf), "[flags]"];
  const hasSecrets = named.some(({ kind }) => kind === "secret" || kind === "secrets");
  return [
    summary,
    "",
    `Usage: ${usage.join(" ")}`,
    "",
    ...(places.length === 0 ? [] : ["Arguments:", ...columns(places.map((flag) => [spelled(flag), sentence(flag)])), ""]),
    "Flags:",
    ...columns(named.map((flag) => [leftOf(flag), sentence(flag)])),
    "",
    ...(hasSecrets ? [secretNote, ""] : []),
    "Example:",
    `  fairlead ${example}`,
    "",
  ].join("\n");
}

/** Returns an argument as a usage line shows it: `IMAGE`, `[IMAGE]` if optional, `TAG...` if repeatable. */
function usageOf(flag: Flag): string {
  const name = isRepeatable(flag) ? `${spelled(flag)}...` : spelled(flag);
  return flag.required ? name : `[${name}]`;
}

/** Returns a flag as it is typed: `--image IMAGE`; `--[no-]wait` if it is on by default. */
function leftOf(flag: Flag): string {
  if (flag.kind === "boolean") return flag.default === true ? `--no-${flagName(flag)}` : spelled(flag);
  return `${spelled(flag)} ${valueName(flag)}`;
}

function valueName(flag: Flag): string {
  const lastWord = (flagName(flag).split("-").at(-1) ?? "").toUpperCase();
  switch (flag.kind) {
    case "enum":
      return (flag.choices ?? []).join("|");
    case "int":
      return "N";
    case "directory":
      return "DIR";
    case "key-values":
      return "KEY=VALUE";
    case "secret":
      return "SECRET";
    case "secrets":
      return "NAME=SECRET";
    case "image":
      return "IMAGE";
    case "json":
      return "JSON|FILE";
    case "string":
    case "list":
    case "boolean":
      return lastWord;
  }
}

function sentence(flag: Flag): string {
  const byDefault = defaultText(flag);
  const notes = [
    ...(flag.required ? ["required"] : []),
    ...(isRepeatable(flag) ? ["may be repeated"] : []),
    ...(byDefault === undefined || flag.kind === "boolean" ? [] : [`default: ${byDefault}`]),
    ...(flag.positional !== undefined && flag.choices !== undefined ? [flag.choices.join(", ")] : []),
  ];
  const said = sentenceFor("command line", flag);
  const text = said.charAt(0).toUpperCase() + said.slice(1);
  return notes.length === 0 ? text : `${text} (${notes.join("; ")})`;
}

function columns(rows: readonly (readonly [left: string, right: string])[], widest = widestOf(rows)): readonly string[] {
  const indent = " ".repeat(widest + 4);
  return rows.flatMap(([left, right]) => {
    const [first = "", ...rest] = wrap(right, width - indent.length);
    const below = rest.map((line) => `${indent}${line}`);
    return left.length > widest ? [`  ${left}`, `${indent}${first}`, ...below] : [`  ${left.padEnd(widest)}  ${first}`.trimEnd(), ...below];
  });
}

function widestOf(rows: readonly (readonly [left: string, right: string])[]): number {
  return Math.max(...rows.map(([left]) => left.length).filter((length) => length <= widestLeft));
}

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
