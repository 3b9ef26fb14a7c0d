import type { CommonConfig } from "../config.ts";
import type { FairleadError } from "../core/errors.ts";
import type { Report } from "../core/run/report.ts";
import type { Json } from "../core/json.ts";
import type { Redactor } from "../core/secret.ts";
import type { Text } from "../core/text/line.ts";
import type { Flag } from "./flag.ts";
import type { Io } from "./io.ts";
import type { Env } from "./stream.ts";

/** The parts of the top help, in its order. */
export const commandGroups = ["Pipelines", "Listener", "This machine"] as const;

/** A command of the top help. Its body is loaded only when it is called: help and a mistyped name load nothing. */
export interface Command {
  readonly name: string;
  readonly group: (typeof commandGroups)[number];
  /** One sentence, without full stop. */
  readonly summary: string;
  /** Calls that work, without `fairlead`: the shortest first. */
  readonly examples: readonly string[];
  /** The page of `docs/` that tells more (default: commands.md). */
  readonly page?: string;
  load(): Promise<CommandBody>;
}

/** The arguments and the work of a command. `main` parses and prints for all commands. */
export interface CommandBody {
  /** Its own flags: `main` adds `--json`, `--verbose` and `--help`. */
  readonly flags: readonly Flag[];
  /** It goes on until it is stopped, and has a log of its own: SIGHUP never stops it, and nothing else is printed (default: false). */
  readonly isService?: boolean;
  /** Returns what files say beside what was typed. It is asked before what is missing is told. */
  readonly fill?: (env: Env, given: Values) => Promise<Filled>;
  /** Tells whether a call only shows what others do: Ctrl-C ends it without a word (default: none does). */
  readonly watches?: (values: Values) => boolean;
  /** Tells whether a call that is stopped leaves finished steps, which the next call does not repeat (default: none does). */
  readonly keepsSteps?: (values: Values) => boolean;
  /** Throws a FairleadError. */
  run(session: Session, values: Values): Promise<Output>;
}

/** What files say of a call, for what was not typed. */
export interface Filled {
  readonly values: Values;
  /** The path of the file that each of the values is of. */
  readonly from: Readonly<Record<string, string>>;
  /** A line for each file whose values are used: `defaults of fairlead.yaml: --image ghcr.io/acme/app`. */
  readonly told: readonly string[];
  /** Lines about what is not used of a file. */
  readonly notices: readonly string[];
  /** Git hosts that only a file names that nobody named: a person's own credentials are not for them. */
  readonly untypedHosts: readonly string[];
  /** The configuration that was named, with absolute paths. */
  readonly config: CommonConfig | undefined;
}

/** Values by the flag's field: a string, a boolean, a number, a list of strings, or secret references by name. */
export type Values = Readonly<Record<string, unknown>>;

/** The result of a command: JSON for a script (`--json`), else lines for a person, or data for another program. One of them goes to stdout. */
export interface Output {
  readonly json: Json;
  readonly text: Text;
  /** Replaces the lines. It leaves byte by byte, so nothing but what its reader gave itself may be in it. */
  readonly data?: string;
  /** What the caller asked to be shown: it is printed within the JSON as `secrets`, as it is, and nowhere else. */
  readonly secrets?: Json;
  /** The outputs of a step of GitHub Actions, beside `result`, which is all of `json`. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** An error that is printed to stderr after the output and decides the exit code. The output includes it. */
  readonly failure?: FairleadError;
  /** True where the lines tell the failure and what to do, so that stderr does not say it again (default: false). */
  readonly tellsFailure?: boolean;
}

/** One call of a command. */
export interface Session {
  readonly io: Io;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Calls the listener at each SIGHUP, which then does not stop the command. */
  readonly onHangup: (listener: () => void) => void;
  readonly redactor: Redactor;
  /** What files say beside what was typed: its values are among the command's already. */
  readonly filled?: Filled | undefined;
  /** Reports progress. Secrets that the redactor knows are removed. */
  readonly report: Report;
}
