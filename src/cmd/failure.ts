import { stripVTControlCharacters, styleText } from "node:util";
import { type FairleadError, consequences, type ErrorCode } from "../core/errors.ts";
import { spelled, type Flag } from "./flag.ts";
import type { Io } from "./io.ts";
import { errorCommand, isGitHubActions, plainText } from "./progress/workflow-command.ts";
import { canStyle } from "./style.ts";

/** An error as it is told: data, from which each door's text is made. */
export type Failure = {
  readonly code: ErrorCode;
  /** At least one: every problem of an input has its own. */
  readonly messages: readonly string[];
  readonly hint: string | null;
  /** The last lines of a failed command. */
  readonly output: readonly string[];
  /** Where a bug is. Null for what is no bug. */
  readonly stack: string | null;
};

/** What to do where the one who failed did not know more. */
const defaultHints: Partial<Readonly<Record<ErrorCode, string>>> = {
  unavailable: "run it again later; if it stays so, check that it can be reached from here",
  internal: "this is a bug in fairlead: run it again with --verbose and report what it prints",
};

/** Returns what is told of an error: a schema's fields are spelled as the flags that were typed. */
export function failureOf(error: FairleadError, command: string, flags: readonly Flag[]): Failure {
  const bug = error.code === "internal";
  const problems = error.fields.map(({ field, message }) => {
    const flag = flags.find((each) => each.name === field.split(".")[0]);
    return `${command}: ${flag === undefined ? "" : `${spelled(flag)}: `}${message}`;
  });
  return {
    code: error.code,
    messages: problems.length > 0 ? problems : [error.message],
    hint: error.hint ?? defaultHints[error.code] ?? null,
    output: error.output,
    stack: bug ? stackOf(error) : null,
  };
}

/** Returns the exit code of a failure. */
export function exitCode({ code }: Failure): number {
  return consequences[code].exit;
}

/** Returns the JSON document that stands for a failure. */
export function failureJson({ code, messages, hint }: Failure): { error: { code: string; message: string; hint: string | null } } {
  return { error: { code, message: messages.join("; "), hint } };
}

/** Tells a failure on stderr: what the failed command printed, each problem on a line of its own, and what to do about it. */
export function printFailure(io: Io, failure: Failure, verbose: boolean): void {
  const dim = (text: string): string => (canStyle(io.stderr, io.env) ? styleText("dim", text, { validateStream: false }) : text);
  const lines = [
    ...failure.output.map((line) => dim(`  | ${stripVTControlCharacters(line)}`)),
    ...(verbose && failure.stack !== null ? failure.stack.split("\n").map((line) => dim(`  | ${line}`)) : []),
    ...failure.messages.map((message) => `fairlead: ${message}`),
    ...(failure.hint === null ? [] : [`hint: ${failure.hint}`]),
  ];
  io.stderr.write(`${plainText(lines.join("\n"), io.env)}\n`);
  if (isGitHubActions(io.env)) io.stderr.write(errorCommand(failure.messages, failure.hint));
}

/** The stack of what was thrown first: the error around it was made at the edge. */
function stackOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? stackOf(cause) : (error.stack ?? error.message);
}
