/** Rulesets of branches: https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Repository } from "./state.ts";

/** The reasons why a branch may not be changed, by repository and reference. */
const rules = new WeakMap<Repository, Map<string, string>>();

/**
 * Refuses every change of a branch but a merge: by Git (a hook of the bare repository) and by the API. `why` is one
 * line.
 */
export async function protectBranch(repository: Repository, branch: string, why: string): Promise<void> {
  const refs = rules.get(repository) ?? new Map<string, string>();
  rules.set(repository, refs.set(`refs/heads/${branch}`, why));
  const hooks = join(repository.folder, "hooks");
  const cases = [...refs].map(([ref, reason]) => `  '${ref}') echo 'error: GH013: ${reason}' >&2; exit 1 ;;\n`).join("");
  await mkdir(hooks, { recursive: true });
  await writeFile(join(hooks, "update"), `#!/bin/sh\ncase "$1" in\n${cases}esac\n`, { mode: 0o755 });
}

/** Returns GitHub's words for a change that a rule forbids; undefined if none does. */
export function findViolation(repository: Repository, ref: string): string | undefined {
  const why = rules.get(repository)?.get(ref);
  return why === undefined ? undefined : `Repository rule violations found\n\n${why}\n\n`;
}
