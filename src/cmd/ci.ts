import { isGitHubActions } from "./progress/workflow-command.ts";
import type { Env } from "./stream.ts";

/** Values of `CI` by which people say that this is no job, as programs of npm read it. */
const none: ReadonlySet<string> = new Set(["", "0", "false"]);

/**
 * Tells whether this is a job of CI: it has credentials of its own, and files that may be a stranger's. GitHub Actions is one whatever `CI` says there:
 * jobs set `CI=false` for other programs' sake.
 */
export function isCi(env: Env): boolean {
  return !none.has((env.CI ?? "").toLowerCase()) || isGitHubActions(env);
}
