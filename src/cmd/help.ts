import { consequences, type ErrorCode } from "../core/errors.ts";
import { defaultFor, fieldGroups, sentenceFor } from "../core/run/field.ts";
import { wrap } from "../core/text/wrap.ts";
import { commandGroups, type Command, type CommandBody } from "./command.ts";
import { isRepeatable, positionals, spelled, typed, type Flag } from "./flag.ts";
import type { Env, OutputStream } from "./stream.ts";
import { variablesOf } from "./variables.ts";

/** The columns of help where nobody says how many there are, and the fewest and the most that it is laid out for. */
const columnsOf = { unknown: 80, least: 40, most: 120 };
/** If a left column is wider, its sentence goes on the next line; in fewer columns than `narrow`, each does. */
const widestLeft = 30;
const narrow = 60;

/** Returns the columns that help may use on a terminal. Text for a file or a pipe is as wide everywhere. */
export function helpWidth({ isTTY, columns }: OutputStream, { COLUMNS }: Env): number {
  const wide = /^[1-9]\d{0,3}$/.test(COLUMNS ?? "") ? Number(COLUMNS) : ((isTTY === true ? columns : undefined) ?? columnsOf.unknown);
  return Math.max(columnsOf.least, Math.min(columnsOf.most, wide));
}

/** The lines of a long usage begin below its first word. */
const usageIndent = " ".repeat("Usage: ".length);

const secretNote = "A SECRET is a reference, not the secret: env:VARIABLE, file:PATH or cmd:COMMAND.";

/** Returns the help of `fairlead` itself: it needs only the list. */
export function topHelp(commands: readonly Command[], width: number): string {
  return [
    "Build, push and deploy a commit by pull request, and notify your team",
    "",
    "Usage: fairlead COMMAND [arguments] [flags]",
    "",
    ...commandGroups.flatMap((group) => groupLines(group, commands, width)),
    "Flags:",
    ...table(width, [
      ["-h, --help", "Show this help, or a command's"],
      ["-v, --version", "Print the version"],
    ]),
    "",
    ...wrap("Run fairlead COMMAND --help for its arguments and flags.".split(" "), width),
    "",
  ].join("\n");
}

/** Returns the commands of a group under its title. The summaries of all groups begin in one column. */
function groupLines(group: Command["group"], commands: readonly Command[], width: number): readonly string[] {
  const own = commands.filter((command) => command.group === group);
  if (own.length === 0) return [];
  const rows = own.map(({ name, summary }) => [name, summary] as const);
  return [`${group}:`, ...table(width, rows, Math.max(...commands.map(({ name }) => name.length))), ""];
}

/** Returns the help of a command: usage, examples, arguments, flags by what they are about, the variables that it reads, exit codes, and its page. */
export function commandHelp(
  { name, summary, examples, page = "commands.md" }: Command,
  { flags }: CommandBody,
  width: number,
  home: string,
): string {
  const places = positionals(flags);
  const named = flags.filter((flag) => flag.positional === undefined);
  const needed = named.filter(({ required }) => required);
  const usage = ["fairlead", name, ...places.map((flag) => usageOf(flag, named)), ...needed.map(typed), "[flags]"];
  const hasSecrets = named.some(({ kind }) => kind === "secret" || kind === "secrets");
  const variables = variablesOf(flags);
  return [
    ...wrap(summary.split(" "), width),
    "",
    ...wrap(usage, width - usageIndent.length).map((line, index) => `${index === 0 ? "Usage: " : usageIndent}${line}`),
    "",
    "Examples:",
    ...examples.map((example) => `  fairlead ${example}`),
    "",
    ...section(
      "Arguments",
      table(
        width,
        places.map((flag) => [spelled(flag), sentence(flag)]),
      ),
    ),
    ...flagGroups(named).flatMap(([title, group]) =>
      section(
        title,
        table(
          width,
          group.map((flag) => [typed(flag), sentence(flag)]),
          widestOf(named.map(typed)),
        ),
      ),
    ),
    ...(hasSecrets ? [...wrap(secretNote.split(" "), width), ""] : []),
    ...section("Environment", table(width, variables)),
    ...section(
      "Exit codes",
      wrap(exitCodes, width - 2).map((line) => `  ${line}`),
    ),
    `More: ${home}/blob/main/docs/${page}`,
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines, ""];
}

/** Returns the flags by what they are about: those that must be given first, then the command's own, then its groups. Few flags are one group. */
function flagGroups(flags: readonly Flag[]): readonly (readonly [title: string, flags: readonly Flag[]])[] {
  const about = (group: Flag["group"]): readonly Flag[] => flags.filter((flag) => flag.group === group && !flag.required);
  const named = fieldGroups.filter((group) => group !== "This run" && about(group).length > 0);
  const own = [...flags.filter(({ required }) => required), ...about(undefined)];
  if (named.length === 0) return [["Flags", [...own, ...about("This run")]]];
  return [["Flags", own], ...[...named, "This run" as const].map((group) => [group, about(group)] as const)];
}

/** What each exit code means, in words. Codes of the same number are one. */
const meanings: Readonly<Record<ErrorCode, string>> = {
  build_failed: "the build or the workflow failed",
  workflow_failed: "the build or the workflow failed",
  input: "wrong input",
  unauthenticated: "a credential is missing, refused or too weak",
  forbidden: "a credential is missing, refused or too weak",
  not_found: "not found",
  conflict: "conflict",
  unsupported: "not supported",
  unavailable: "unavailable: try again later",
  internal: "a bug in fairlead",
  canceled: "stopped",
};

/** The words of a sentence about exit codes. A code and its meaning may be on two lines, and no word is cut. */
const exitCodes: readonly string[] = [
  "0 done, or nothing to do;",
  ...Object.entries(Object.groupBy(Object.keys(meanings) as ErrorCode[], (code) => consequences[code].exit)).map(
    ([exit, codes = []], index, { length }) => `${exit} ${codes.map((code) => meanings[code])[0] ?? ""}${index === length - 1 ? "." : ";"}`,
  ),
].flatMap((each) => each.split(" "));

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

type Row = readonly [left: string, right: string];

function table(width: number, rows: readonly Row[], widest = widestOf(rows.map(([left]) => left))): readonly string[] {
  const indent = " ".repeat(width < narrow ? 6 : widest + 4);
  return rows.flatMap(([left, right]) => {
    const [first = "", ...rest] = wrap(right.split(" "), width - indent.length);
    const below = rest.map((line) => `${indent}${line}`);
    const beside = width >= narrow && left.length <= widest;
    return beside ? [`  ${left.padEnd(widest)}  ${first}`.trimEnd(), ...below] : [`  ${left}`, `${indent}${first}`, ...below];
  });
}

function widestOf(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length).filter((length) => length <= widestLeft));
}
