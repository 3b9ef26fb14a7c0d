/** The kinds of values that every entry point can write: a command line, a YAML file, a Dagger function. */
export type Kind =
  "string" | "boolean" | "int" | "duration" | "enum" | "list" | "key-values" | "secret" | "secrets" | "directory" | "image" | "json";

/** The groups of fields, in the order of help. */
export const fieldGroups = ["Create", "Build", "Flux repository", "Pull request", "Wait", "Credentials", "This run"] as const;
export type FieldGroup = (typeof fieldGroups)[number];

/** Where a run is started from. */
export type EntryPoint = "command line" | "listener" | "module";

/** A field of an input, as data: `fieldsOf` reads it from a schema. */
export interface Field {
  /** Its name in the schema: `buildArgs`. */
  readonly name: string;
  readonly kind: Kind;
  /** What happens when the field is set; of an argument, what it is. One sentence, without full stop and without the default. */
  readonly sentence: string;
  /** The sentences of single entry points, which replace the common one. */
  readonly sentences?: Readonly<Partial<Record<EntryPoint, string>>>;
  /** What holds when the field is not set, in words, where `default` does not say it: `the default branch`. It may differ by entry point. */
  readonly byDefault?: string | Readonly<Partial<Record<EntryPoint, string>>>;
  /** The form of one value, in help: `HOST[:PORT]`. Without it, the kind or the name says it. */
  readonly placeholder?: string;
  /** What it is about, in help (default: it stands before all groups). */
  readonly group?: FieldGroup;
  /** The argument in whose place this field may be given: one of the two is needed. */
  readonly insteadOf?: string;
  /** The fields that a default does not set where this one is given, and that keep a default of this one away. */
  readonly excludes?: readonly string[];
  /** True for a login, and for what does without a review: a file that nobody named may not set it. */
  readonly namedOnly?: boolean;
  readonly required: boolean;
  /** The place among the arguments of a command, from 0. The last may be of a kind that is repeated: it takes all that are left. */
  readonly positional?: number;
  /** The default, as it is written: `key-values` are a list of `KEY=VALUE`. */
  readonly default?: string | number | boolean | readonly string[];
  /** All values of an `enum`; of `secrets` that have fixed names, all names. */
  readonly choices?: readonly string[];
}

/** Tells whether a value of the kind is given several times, one after the other. */
export function isListKind(kind: Kind): boolean {
  return kind === "list" || kind === "key-values" || kind === "secrets";
}

/** Returns what an entry point says of a field, without its default. */
export function sentenceFor(entryPoint: EntryPoint, { sentence, sentences }: Field): string {
  return sentences?.[entryPoint] ?? sentence;
}

/**
 * Returns what holds at an entry point when a field is not set, in words; undefined where that is nothing. A switch is off: nobody has to say so.
 */
export function defaultFor(entryPoint: EntryPoint, { byDefault, default: value = "" }: Field): string | undefined {
  if (byDefault !== undefined) return typeof byDefault === "string" ? byDefault : byDefault[entryPoint];
  if (typeof value === "boolean") return undefined;
  const text = typeof value === "object" ? value.join(", ") : String(value);
  return text === "" ? undefined : text;
}

/** Returns what an entry point says of a field, then its default: `build this branch (default: the default branch)`. */
export function describeField(entryPoint: EntryPoint, field: Field): string {
  const sentence = sentenceFor(entryPoint, field);
  const byDefault = defaultFor(entryPoint, field);
  return byDefault === undefined ? sentence : `${sentence} (default: ${byDefault})`;
}
