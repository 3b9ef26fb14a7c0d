import { systemProblem, type SystemProblem } from "./system-error.ts";

/** The kind of a failure: the table below gives its exit code, HTTP status and retry. */
export type ErrorCode =
  | "input"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "unsupported"
  | "build_failed"
  | "workflow_failed"
  | "unavailable"
  | "canceled"
  | "internal";

/** The consequence of an error's code: the exit code, the HTTP status, and `retry` if trying again can help. */
export interface Consequence {
  readonly exit: number;
  readonly http: number;
  readonly retry: boolean;
}

/** The one table of consequences. `unavailable` is `EX_TEMPFAIL` and `internal` is `EX_SOFTWARE` of sysexits.h; `canceled` is 128 + SIGINT. */
export const consequences: Readonly<Record<ErrorCode, Consequence>> = {
  input: { exit: 2, http: 400, retry: false },
  unauthenticated: { exit: 3, http: 401, retry: false },
  forbidden: { exit: 3, http: 403, retry: false },
  not_found: { exit: 4, http: 404, retry: false },
  conflict: { exit: 5, http: 409, retry: false },
  unsupported: { exit: 6, http: 422, retry: false },
  build_failed: { exit: 1, http: 500, retry: false },
  workflow_failed: { exit: 1, http: 500, retry: false },
  unavailable: { exit: 75, http: 503, retry: true },
  canceled: { exit: 130, http: 503, retry: false },
  internal: { exit: 70, http: 500, retry: false },
};

/** A problem with one field of an input. */
export interface FieldProblem {
  /** The field's name in the schema: each entry point spells it in its own way. */
  readonly field: string;
  readonly message: string;
}

/** A credential that a server wants, or did not take. Each entry point says how it is given there. */
export interface WantedCredential {
  readonly kind: "token" | "password" | "ssh-key" | "known-hosts";
  /** A host (`ghcr.io`), a repository (`github.com/acme/fleet`) or a notifier, as in a credential's `for`. */
  readonly for: string;
  /** The input's field that holds it: `runPipeline` knows which. */
  readonly field?: CredentialField | undefined;
}

/** A field of an input that holds a credential. */
export interface CredentialField {
  readonly name: string;
  /** Its own name, in a field of several secrets. */
  readonly of?: string;
  /** The field with the user name beside it. */
  readonly username?: string;
  /** True where the run was given it. */
  readonly given: boolean;
}

/** A problem at one place of a file. */
export interface FileProblem {
  readonly file: string;
  /** From 1; null where the whole file is meant. */
  readonly line: number | null;
  readonly column: number | null;
  /** The field in question, such as `routes[1].when.branch`; null where there is none. */
  readonly path: string | null;
  readonly message: string;
}

/** A line of a file, by the file's path in its repository. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
}

/** The details of an error: a hint for a person, and its causes. */
export interface ErrorDetails {
  /** An imperative, without "hint:", such as `export TOKEN=…`. */
  readonly hint?: string | undefined;
  /** The last lines that a failed command printed. */
  readonly output?: readonly string[];
  /** All problems of an input, which the message has too. */
  readonly fields?: readonly FieldProblem[];
  /** The credential by which it would not have happened. The hint says what else may help. */
  readonly wanted?: WantedCredential | undefined;
  /** All problems of a file, of which the message may have the first alone. */
  readonly problems?: readonly FileProblem[];
  /** The place in a file of the source that was worked on, such as a line of a Dockerfile whose command failed. */
  readonly place?: SourcePlace | undefined;
  readonly cause?: unknown;
}

function oneLine(message: string): string {
  const lines = message.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").join(" ");
}

/**
 * The only error that fairlead throws on purpose. The message is one line, `verb object: cause`, lower case, no full stop; a cause that another
 * program worded in several lines is put into one.
 */
export class FairleadError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly output: readonly string[];
  readonly fields: readonly FieldProblem[];
  readonly wanted: WantedCredential | undefined;
  readonly problems: readonly FileProblem[];
  readonly place: SourcePlace | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(oneLine(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "FairleadError";
    this.code = code;
    this.hint = details.hint;
    this.output = details.output ?? [];
    this.fields = details.fields ?? [];
    this.wanted = details.wanted;
    this.problems = details.problems ?? [];
    this.place = details.place;
  }
}

/** Returns the same error with other details: what it says, and of what, stays. */
export function withDetails(error: FairleadError, details: Omit<ErrorDetails, "cause">): FairleadError {
  return new FairleadError(error.code, error.message, { ...error, ...details, cause: error.cause });
}

/**
 * Returns the `input` error of several fields at once: `NAME: FIELD: MESSAGE; FIELD: MESSAGE`. A problem of the whole input has an empty field,
 * and an error without a name begins with its first problem.
 */
export function inputError(name: string, fields: readonly FieldProblem[], hint?: string): FairleadError {
  const problems = fields.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)).join("; ");
  return new FairleadError("input", name === "" ? problems : `${name}: ${problems}`, { fields, hint });
}

/** Thrown by a plan's `apply` when the world is no longer what the plan read: `runStep` plans again. */
export class Stale extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Stale";
  }
}

/**
 * Returns the error as a FairleadError. What this machine refused is said by its name, such as a full disk; anything else that is not a FairleadError
 * already is `internal`: a bug.
 */
export function asFairleadError(error: unknown): FairleadError {
  if (error instanceof FairleadError) return error;
  const problem = systemProblem(error);
  if (problem !== undefined) return machineError(problem, { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new FairleadError("internal", message, { cause: error });
}

/** Returns the error for what this machine refused: `unavailable` for what may pass, such as a full disk. */
export function machineError({ kind, message, hint }: SystemProblem, details: Omit<ErrorDetails, "hint"> = {}): FairleadError {
  return new FairleadError(kind === "busy" ? "unavailable" : kind, message, { ...details, hint });
}
