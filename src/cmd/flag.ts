import { kebabCase } from "../core/text/kebab.ts";
import { isListKind, type Field, type Kind } from "../core/run/field.ts";

/** A field of a command's input on the command line: a flag, or an argument if it has a position. `short` is the letter of `-f`. */
export type Flag = Field & { readonly short?: string };

/** Tells whether a flag may be given more than once. */
export function isRepeatable({ kind }: Flag): boolean {
  return isListKind(kind);
}

/**
 * Returns the name that is typed after `--`: the field in kebab-case. A repeatable flag names one of many, so its field loses a
 * final `s`: `buildArgs` is `--build-arg`.
 */
export function flagName(flag: Flag): string {
  const kebab = kebabCase(flag.name);
  return isRepeatable(flag) ? kebab.replace(/s$/, "") : kebab;
}

/** Returns how the flag is called in help and errors: `--build-arg`, `--no-wait` if it is on by default, or `IMAGE` for an argument. */
export function spelled(flag: Flag): string {
  if (flag.positional !== undefined) return flagName(flag).toUpperCase();
  return flag.kind === "boolean" && flag.default === true ? `--no-${flagName(flag)}` : `--${flagName(flag)}`;
}

/** Returns the form of a flag's value in help: its own placeholder, or that of its kind, or the last word of its name. */
export function placeholderOf(flag: Flag): string {
  return flag.placeholder ?? kindPlaceholders[flag.kind] ?? flag.choices?.join("|") ?? lastWord(flag);
}

const kindPlaceholders: Readonly<Partial<Record<Kind, string>>> = {
  int: "N",
  duration: "TIME",
  directory: "DIR",
  image: "NAME[:TAG]",
  json: "JSON|FILE",
  "key-values": "KEY=VALUE",
  secret: "SECRET",
  secrets: "NAME=SECRET",
};

function lastWord(flag: Flag): string {
  return (flagName(flag).split("-").at(-1) ?? "").toUpperCase();
}

/** Returns a flag as it is typed, with the form of its value: `--image NAME[:TAG]`, or `--follow, -f`. */
export function typed(flag: Flag): string {
  const name = flag.short === undefined ? spelled(flag) : `${spelled(flag)}, -${flag.short}`;
  return flag.kind === "boolean" ? name : `${name} ${placeholderOf(flag)}`;
}

/** Returns the arguments among the flags, in their order. */
export function positionals(flags: readonly Flag[]): readonly Flag[] {
  return flags.filter((flag) => flag.positional !== undefined).sort((a, b) => (a.positional ?? 0) - (b.positional ?? 0));
}

/** Prints one JSON document on stdout, whatever happens. */
const jsonFlag: Flag = {
  name: "json",
  kind: "boolean",
  sentence: 'print one JSON document; for an error, {"error":{code,message,hint,problems}}',
  required: false,
  group: "This run",
};

/** Plans, prints, and changes nothing. */
export const dryRunFlag: Flag = {
  name: "dryRun",
  kind: "boolean",
  sentence: "print what would change, and change nothing",
  required: false,
  group: "This run",
};

const outputFlag: Flag = {
  name: "output",
  kind: "enum",
  sentence: "print the result in this form; json is --json",
  default: "table",
  choices: ["table", "json"],
  required: false,
  group: "This run",
};

const metadataFileFlag: Flag = {
  name: "metadataFile",
  kind: "string",
  sentence: "write what --json prints to this file too; a run that fails leaves none",
  placeholder: "FILE",
  required: false,
  group: "This run",
};

/** The forms of progress: `auto` is chosen by where stderr goes. */
export const progressForms = ["auto", "tty", "plain", "json"] as const;

const progressFlag: Flag = {
  name: "progress",
  kind: "enum",
  sentence: "show progress on stderr in this form",
  byDefault: "auto: live at a terminal, else a line for each event",
  choices: progressForms,
  required: false,
  group: "This run",
};

const quietFlag: Flag = {
  name: "quiet",
  kind: "boolean",
  sentence: "show no progress: only the result, warnings and errors",
  required: false,
  group: "This run",
};

/** Says more on stderr. */
const verboseFlag: Flag = {
  name: "verbose",
  kind: "boolean",
  sentence: "show the engine's log, and the stack of a bug",
  required: false,
  group: "This run",
};

/** Shows a command's help. `main` reads it before any other. */
const helpFlag: Flag = { name: "help", kind: "boolean", sentence: "show this help", required: false, group: "This run" };

/** The flags that every command has beside its own. */
export const commonFlags: readonly Flag[] = [jsonFlag, outputFlag, metadataFileFlag, progressFlag, quietFlag, verboseFlag, helpFlag];
