import { asFairleadError, FairleadError, inputError } from "./errors.ts";
import { addWindows, redactEncoded, type SecretWindows } from "./encoded-secret.ts";
import { formsOf, redactMatches } from "./redaction.ts";
import { withoutMarks } from "./text/visible.ts";

/** The method by which Node shows a value: https://nodejs.org/api/util.html#utilinspectcustom */
const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A value that is named everywhere and shown nowhere. It prints as `[secret NAME]`. */
export interface Secret {
  readonly name: string;
  /** Where the value is, in words that are safe to show: `the file /run/token` (default: nobody knows). */
  readonly place?: string | undefined;
  /** Returns the value. Throws `input` when there is none at the place that was named. */
  reveal(): Promise<string>;
}

/** Where a secret's value is: an environment variable, a file, or the output of a command. */
export interface SecretReference {
  readonly kind: "env" | "file" | "cmd";
  readonly at: string;
}

/**
 * Returns where the value is that `text` names: `env:NAME`, `file:PATH` or `cmd:COMMAND` (Dagger's `env://` forms are read too).
 * Throws `input` without repeating `text`, which may be a secret itself, given by mistake.
 */
export function parseSecretReference(text: string): SecretReference {
  const [, kind, at] = /^(env|file|cmd):(?:\/\/)?(.+)$/s.exec(text) ?? [];
  if ((kind !== "env" && kind !== "file" && kind !== "cmd") || at === undefined) {
    throw new FairleadError("input", "read secret: it is not a reference to one", {
      hint: "name where the secret is: env:NAME, file:PATH or cmd:COMMAND",
    });
  }
  return { kind, at };
}

/** Tells whether a value is a secret: it has a name and can be revealed. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === "object" && value !== null && "reveal" in value && typeof value.reveal === "function" && "name" in value;
}

/**
 * Returns a secret whose value `read` finds when it is first revealed, and the redactor knows from then on. Throws `input` with the hint where
 * `read` fails, whose message must be safe to show, and for an empty value.
 */
export function createSecret(name: string, redactor: Pick<Redactor, "add">, read: () => Promise<string>, hint?: string): Secret {
  let value: Promise<string> | undefined;
  const shown = (): string => `[secret ${name}]`;
  const reveal = async (): Promise<string> => {
    const found = await read().catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : "it cannot be read";
      const own = cause instanceof FairleadError ? cause.hint : undefined;
      throw new FairleadError("input", `reveal secret ${name}: ${why}`, { hint: own ?? hint });
    });
    if (found === "") throw new FairleadError("input", `reveal secret ${name}: it is empty`, { hint });
    redactor.add(found);
    return found;
  };
  return { name, reveal: () => (value ??= reveal()), toString: shown, toJSON: shown, [inspect]: shown } as Secret;
}

/** Reveals all secrets, so that a missing one is told before anything is changed. Throws `input` that lists all that are missing. */
export async function revealAll(secrets: readonly Secret[]): Promise<void> {
  const settled = await Promise.allSettled(secrets.map((secret) => secret.reveal()));
  const failures = settled.flatMap((each) => (each.status === "rejected" ? [asFairleadError(each.reason)] : []));
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  const hint = failures.flatMap((each) => each.hint ?? []).join("; ");
  throw inputError(
    "",
    failures.map(({ message }) => ({ field: "", message })),
    hint === "" ? undefined : hint,
  );
}

/** Knows the values that must not be shown, and takes them out of text. One belongs to each run. */
export interface Redactor {
  /** Remembers a revealed value, whole and line by line, in all forms in which it travels: see `formsOf`. */
  add(value: string): void;
  /** Returns the text with each known value replaced by `***`. */
  redact(text: string): string;
}

/** A shorter value would blank out half of every log line and hides nothing: it can be guessed. */
const shortest = 4;

/** Returns a redactor that knows nothing yet. */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  const patterns: RegExp[] = [];
  const windows: SecretWindows = { starts: new Set(), parts: new Set() };
  return {
    add(value) {
      for (const part of [value, ...value.split("\n")].map((each) => each.trim())) {
        if (part.length < shortest || known.has(part)) continue;
        known.add(part);
        patterns.push(...formsOf(part));
        addWindows(windows, part);
      }
    },
    redact(text) {
      const redacted = redactMatches(text, patterns);
      // A colour within a value hides it from the patterns, and not from whoever reads the terminal.
      const read = withoutMarks(redacted);
      const again = redactMatches(read, patterns);
      return redactEncoded(again === read ? redacted : again, windows);
    },
  };
}

/**
 * Returns plain data with every known secret in its texts replaced. All that a run shows (report, result, failure) is data that
 * goes through here, before it is cut, coloured or escaped: half a secret would not be found.
 */
export function redactAll<T>(redactor: Redactor, data: T): T {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return redactor.redact(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redactor.redact(key), walk(inner)]));
  };
  return walk(data) as T;
}
