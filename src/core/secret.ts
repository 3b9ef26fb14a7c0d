import { FairleadError } from "./errors.ts";

/** A value that is named everywhere and shown nowhere. It prints as `[secret NAME]`. */
export interface Secret {
  readonly name: string;
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

/** Knows the values that must not be shown, and takes them out of text. One belongs to each run. */
export interface Redactor {
  /** Remembers a revealed value, whole and in the encodings in which it travels (base64, base64url, URL). */
  add(value: string): void;
  /** Returns the text with each known value replaced by `***`. */
  redact(text: string): string;
}

/** A shorter value would blank out half of every log line and hides nothing: it can be guessed. */
const shortest = 4;

/** Returns a redactor that knows nothing yet. */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  return {
    add(value) {
      for (const line of [value.trim(), ...value.split("\n").map((part) => part.trim())]) {
        if (line.length < shortest) continue;
        const base64 = Buffer.from(line).toString("base64");
        for (const form of [line, base64, base64.replace(/=+$/, ""), Buffer.from(line).toString("base64url"), encodeURIComponent(line)])
          known.add(form);
      }
    },
    redact(text) {
      let shown = text;
      for (const value of [...known].sort((a, b) => b.length - a.length)) shown = shown.replaceAll(value, "***");
      return shown;
    },
  };
}
