import type { Kind } from "../core/run/input.ts";

/** What one field of a command's input is on the command line: a flag, or an argument where it has a position. */
export interface Flag {
  /** The field's name: `buildArgs`. */
  readonly field: string;
  readonly kind: Kind;
  /** What it is for: one sentence, without full stop. */
  readonly sentence: string;
  readonly required: boolean;
  /** The place among the arguments, from 0. The last may be of a kind that is repeated: it takes all that are left. */
  readonly positional?: number;
  /** What is taken when it is not given. */
  readonly fallback?: string;
  /** All values of an `enum`. */
  readonly choices?: readonly string[];
}

const listKinds: readonly Kind[] = ["list", "key-values", "secrets"];

/** Tells whether a flag may be given more than once. */
export function isRepeatable({ kind }: Flag): boolean {
  return listKinds.includes(kind);
}

/**
 * Returns the name that is typed after `--`: the field in kebab-case. A repeatable flag names one of many, so its field loses a
 * final `s`: `buildArgs` is `--build-arg`.
 */
export function flagName(flag: Flag): string {
  const kebab = kebabCase(flag.field);
  return isRepeatable(flag) ? kebab.replace(/s$/, "") : kebab;
}

/** Returns how the flag is called in help and errors: `--build-arg`, or `IMAGE` for an argument. */
export function spelled(flag: Flag): string {
  return flag.positional === undefined ? `--${flagName(flag)}` : flagName(flag).toUpperCase();
}

/** Returns the arguments among the flags, in their order. */
export function positionals(flags: readonly Flag[]): readonly Flag[] {
  return flags.filter((flag) => flag.positional !== undefined).sort((a, b) => (a.positional ?? 0) - (b.positional ?? 0));
}

/** Returns a camelCase name in kebab-case. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Prints one JSON document on stdout, whatever happens. */
export const jsonFlag: Flag = {
  field: "json",
  kind: "boolean",
  sentence: 'Print one JSON document; of an error, {"error":{code,message,hint}}',
  required: false,
};

/** Plans, prints, and changes nothing. */
export const dryRunFlag: Flag = {
  field: "dryRun",
  kind: "boolean",
  sentence: "Print what would change, and change nothing",
  required: false,
};

/** Says more on stderr. */
export const verboseFlag: Flag = {
  field: "verbose",
  kind: "boolean",
  sentence: "Show the engine's log, and where a bug is",
  required: false,
};

/** Shows a command's help. `main` reads it before any other. */
export const helpFlag: Flag = { field: "help", kind: "boolean", sentence: "Show this help", required: false };
