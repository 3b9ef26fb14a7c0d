import type { Credential } from "../credential.ts";
import type { EarlierEnvironment } from "../deploy/earlier.ts";
import type { Journal } from "./journal.ts";
import type { Ports } from "./ports.ts";
import type { Report } from "./report.ts";
import type { Redactor } from "../secret.ts";
import type { RunScope } from "../scope.ts";
import type { Servers } from "../servers.ts";
import type { Wait } from "./step.ts";

/** The options that an entry point gives to the run it starts. */
export interface RunOptions {
  /** Returns the ports, with these credentials before the entry point's own. */
  readonly ports: (credentials: readonly Credential[], scope: RunScope) => Ports;
  readonly id: string;
  /** When the run was begun for the first time: what it may take at most counts from then, however often it was begun again. */
  readonly began: Date;
  /** True if an earlier process has begun the run. */
  readonly resumed: boolean;
  /** The name of what has started the run, the same however often it is told of: such as a route and the id of an event. Undefined: it has none. */
  readonly once?: string | undefined;
  /** Returns the environments that come before one, by its name (default: none do). */
  readonly earlier?: ((environment: string) => readonly EarlierEnvironment[]) | undefined;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  /** Called where a dry run comes to a step that a run would wait at: what follows is not known yet. */
  readonly onWait?: () => void;
  readonly report: Report;
  readonly journal: Journal;
  readonly redactor: Redactor;
  readonly servers: Servers;
  now(): Date;
  /** Waits for some milliseconds, or until the signal is aborted, then it throws. */
  delay(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Waits until it is worth to look again for what a step waits for, so many milliseconds at most. Without it, it is those. It may never return: then the run is begun again. */
  pause?(wait: Wait, milliseconds: number): Promise<void>;
}
