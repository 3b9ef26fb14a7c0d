import type { Io } from "../io.ts";
import { canStyle } from "../style.ts";
import { gitHubActionsReporter } from "./github-actions.ts";
import { linesReporter } from "./lines.ts";
import type { Reporter } from "./reporter.ts";
import { terminalReporter } from "./terminal.ts";
import { isGitHubActions } from "./workflow-command.ts";

/** Returns the reporter for stderr: a GitHub Actions job, a terminal or plain lines. `--json` concerns stdout alone. */
export function reporterFor(io: Io, verbose: boolean): Reporter {
  if (isGitHubActions(io.env)) return gitHubActionsReporter(io, verbose);
  return canStyle(io.stderr, io.env) ? terminalReporter(io, verbose) : linesReporter(io, verbose);
}
