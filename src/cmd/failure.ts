import { stripVTControlCharacters } from "node:util";
import { type FairleadError, consequences, type ErrorCode, type FileProblem } from "../core/errors.ts";
import type { Filled } from "./command.ts";
import { spelled, type Flag } from "./flag.ts";
import type { Json } from "../core/json.ts";
import type { Io } from "./io.ts";
import { printerTo } from "./print.ts";
import { isGitHubActions } from "./progress/workflow-command.ts";

/** A problem that is in a file, or in none: then `path` is the flag that it is about, as it is typed, or null. */
type FailureProblem = Omit<FileProblem, "file"> & { readonly file: string | null };

/** An error as data. Each entry point makes its own text from it. */
export type Failure = {
  readonly code: ErrorCode;
  /** One message for each problem of an input; at least one. */
  readonly messages: readonly string[];
  /** The same one by one, with the places of those that are in a file. */
  readonly problems: readonly FailureProblem[];
  readonly hint: string | null;
  /** The last lines of a failed command. */
  readonly output: readonly string[];
  /** The stack of a bug; null for any other error. */
  readonly stack: string | null;
};

/** Hints for errors that have none. */
const defaultHints: Partial<Readonly<Record<ErrorCode, string>>> = {
  unavailable: "run it again later; if that does not help, check that this machine can reach it",
  internal: "this is a bug in fairlead: run it again with --verbose and report what it prints",
};

/** Returns an error as data. Fields of a schema are named as the flags that were typed, or as the defaults of a file. */
export function failureOf(error: FairleadError, command: string, flags: readonly Flag[], filled?: Pick<Filled, "from">): Failure {
  const bug = error.code === "internal";
  const fields = error.fields.map(({ field, message }) => {
    const flag = flags.find((each) => each.name === field.split(".")[0]);
    if (flag === undefined) return { file: null, path: null, message };
    const file = filled?.from[flag.name] ?? null;
    return { file, path: file === null ? spelled(flag) : `defaults.${flag.name}`, message };
  });
  const messages = fields.map(
    ({ file, path, message }) => `${command}: ${[file, path, message].filter((each) => each !== null).join(": ")}`,
  );
  const problems = fields.length > 0 ? fields : [{ file: null, path: null, message: error.message }];
  return {
    code: error.code,
    messages: messages.length > 0 ? messages : [error.message],
    problems: error.problems.length > 0 ? error.problems : problems.map((each) => ({ line: null, column: null, ...each })),
    hint: error.hint ?? (fields.some(({ path }) => path !== null) ? `run fairlead ${command} --help` : defaultHints[error.code]) ?? null,
    output: error.output,
    stack: bug ? stackOf(error) : null,
  };
}

/** Returns the exit code of a failure. */
export function exitCode({ code }: Failure): number {
  return consequences[code].exit;
}

/** Returns the JSON document that stands for a failure. */
export function failureJson({ code, messages, hint, problems }: Failure): { error: Readonly<Record<string, Json>> } {
  return { error: { code, message: messages.join("; "), hint, problems: problems.map((each) => ({ ...each })) } };
}

/** Prints a failure to stderr as one JSON document on a line, the last of a run's. */
export function printFailureJson(io: Io, failure: Failure): void {
  printerTo(io.stderr, io.env).jsonLine({ type: "error", ...failureJson(failure).error, output: failure.output });
}

/** Prints a failure to stderr: the output of a failed command, each problem on its own line, then the hint. */
export function printFailure(io: Io, failure: Failure, verbose: boolean): void {
  const printer = printerTo(io.stderr, io.env);
  const stack = verbose && failure.stack !== null ? failure.stack.split("\n") : [];
  const quoted = [...failure.output.map((line) => stripVTControlCharacters(line).replace(/\r$/, "")), ...stack];
  printer.lines(quoted.map((line) => [{ style: "dim", text: `  | ${line}` } as const]));
  // the runner of GitHub Actions shows the lines of an annotation in the log too
  if (!isGitHubActions(io.env)) printer.lines([...failure.messages.map((message) => `fairlead: ${message}`), ...hintLines(failure)]);
}

/** Annotates a job of GitHub Actions with a failure and its hint. Elsewhere it does nothing. */
export function annotate(io: Io, failure: Failure): void {
  if (!isGitHubActions(io.env)) return;
  printerTo(io.stderr, io.env).command("error", [...failure.messages, ...hintLines(failure)], { title: "fairlead" });
}

function hintLines({ hint }: Failure): readonly string[] {
  return hint === null ? [] : [`hint: ${hint}`];
}

/** Returns the stack of the innermost cause: the errors around it were made at the edge. */
function stackOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? stackOf(cause) : (error.stack ?? error.message);
}
