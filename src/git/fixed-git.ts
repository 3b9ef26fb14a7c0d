import { FairleadError } from "../core/errors.ts";
import { git, type GitCall } from "./process.ts";

/** The releases that first had the fix. https://github.com/git/git/security/advisories/GHSA-vwqx-4fm8-6qc9 */
const fixed = "2.43.7, 2.44.4, 2.45.4, 2.46.4, 2.47.3, 2.48.2, 2.49.1 or 2.50.1";

/**
 * Throws `unsupported` for a Git that lacks the fix of CVE-2025-48384: it writes a value that ends in a carriage return so that it is read back without.
 * A version number would not tell: distributions fix older ones.
 */
export async function assertFixed(call: GitCall): Promise<void> {
  await git(["config", "--file", "probe", "probe.value", "x\r"], call);
  if ((await git(["config", "--file", "probe", "--null", "probe.value"], call)) === "x\r\0") return;
  throw new FairleadError("unsupported", "run git: it lacks the fix of CVE-2025-48384, and would write files of others where it must not", {
    hint: `install the update of your distribution, or Git ${fixed}`,
  });
}
