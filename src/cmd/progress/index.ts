import type { progressForms } from "../flag.ts";
import type { Io } from "../io.ts";
import { canStyle } from "../style.ts";
import { gitHubActionsReporter, writeOutputs } from "./github-actions.ts";
import { jsonReporter } from "./json.ts";
import { linesReporter } from "./lines.ts";
import { quietReporter } from "./quiet.ts";
import type { Reporter } from "./reporter.ts";
import { terminalReporter } from "./terminal.ts";
import { isGitHubActions } from "./workflow-command.ts";

/** How progress is shown. */
export interface ProgressOptions {
  readonly form: (typeof progressForms)[number];
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/**
 * Returns the reporter for stderr. By itself it is that of a GitHub Actions job, a terminal or plain lines. `--json` concerns stdout alone. A job has
 * its outputs whatever is shown.
 */
export function reporterFor(io: Io, { form, quiet, verbose }: ProgressOptions): Reporter {
  const isJob = isGitHubActions(io.env);
  if (form === "auto" && !quiet && isJob) return gitHubActionsReporter(io, verbose);
  const shown = formOf(io, { form, quiet, verbose });
  return isJob ? { ...shown, end: (output, failed) => shown.end(output, failed) ?? writeOutputs(io.env, output) } : shown;
}

function formOf(io: Io, { form, quiet, verbose }: ProgressOptions): Reporter {
  if (quiet) return quietReporter(io);
  if (form === "json") return jsonReporter(io, verbose);
  const isLive = form === "tty" || (form === "auto" && canStyle(io.stderr, io.env));
  return isLive ? terminalReporter(io, verbose) : linesReporter(io, verbose);
}
