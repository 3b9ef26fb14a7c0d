import type { FairleadError } from "../core/errors.ts";
import type { Report } from "../core/run/report.ts";
import type { Json } from "../core/json.ts";
import type { Redactor } from "../core/secret.ts";
import type { Flag } from "./flag.ts";
import type { Io } from "./io.ts";

/** A line of the top help. Everything behind it is loaded when it is called: help and a mistyped name load nothing. */
export interface Command {
  readonly name: string;
  /** One sentence, without full stop. */
  readonly summary: string;
  /** A call that works, without `fairlead`. */
  readonly example: string;
  load(): Promise<CommandBody>;
}

/** What a command takes and does. It parses nothing and prints nothing: `main` does, for all. */
export interface CommandBody {
  /** Its own: `main` adds `--json`, `--verbose` and `--help`. */
  readonly flags: readonly Flag[];
  /** Throws a FairleadError. */
  run(session: Session, values: Values): Promise<Output>;
}

/** What was given, by the flag's field: a string, a boolean, a number, a list of strings, or secret references by name. */
export type Values = Readonly<Record<string, unknown>>;

/** What a command leaves: the same for a script (`--json`) and for a person. Both go to stdout, one of them. */
export interface Output {
  readonly json: Json;
  readonly text: string;
  /** The outputs of a step of GitHub Actions, beside `result`, which is all of `json`. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** What is told on stderr after it, and decides the exit code: the output says it too. */
  readonly failure?: FairleadError;
}

/** One call of a command. */
export interface Session {
  readonly io: Io;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Calls the listener at each SIGHUP, which then does not stop the command. */
  readonly onHangup: (listener: () => void) => void;
  readonly redactor: Redactor;
  /** Shows what happens, without the secrets that the redactor knows. */
  readonly report: Report;
}
