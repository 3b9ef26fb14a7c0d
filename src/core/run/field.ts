/** The kinds of values that every entry point can write: a command line, a YAML file, a Dagger function. */
export type Kind = "string" | "boolean" | "int" | "enum" | "list" | "key-values" | "secret" | "secrets" | "directory" | "image" | "json";

/** Where a run is started from. */
export type EntryPoint = "command line" | "listener" | "module";

/** A field of an input, as data: `fieldsOf` reads it from a schema. */
export interface Field {
  /** Its name in the schema: `buildArgs`. */
  readonly name: string;
  readonly kind: Kind;
  /** The purpose of the field: one sentence, without full stop. */
  readonly sentence: string;
  /** The sentences of single entry points, which replace the common one. */
  readonly sentences?: Readonly<Partial<Record<EntryPoint, string>>>;
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

/** Returns what an entry point says of a field. */
export function sentenceFor(entryPoint: EntryPoint, { sentence, sentences }: Field): string {
  return sentences?.[entryPoint] ?? sentence;
}
