import { mkdir, realpath, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { createFolders } from "./access.ts";
import { findDotGit, readText } from "./dot-git.ts";
import { inherit } from "./environment.ts";
import { git, runGit } from "./process.ts";

/** A line of a file `.gitignore`, and its path. */
export interface IgnoreLine {
  readonly line: string;
  readonly file: string;
}

/** Milliseconds after which nothing is known: Git waits for ever on a `.gitignore` that is no regular file. */
const longest = 5_000;

/**
 * Returns the line that would keep a file out of the Git repository that it is in; undefined where Git ignores it already, or there is no repository,
 * and where nothing is known, such as without Git. Throws only when it is stopped.
 */
export async function missingIgnore(path: string, signal: AbortSignal): Promise<IgnoreLine | undefined> {
  try {
    return await askIgnore(await realpath(path), AbortSignal.any([signal, AbortSignal.timeout(longest)]));
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

/** Git is run in a repository of ours whose files are theirs: of their own repository, only the list of what it ignores is read, as text. */
async function askIgnore(path: string, signal: AbortSignal): Promise<IgnoreLine | undefined> {
  const dotGit = await findDotGit(dirname(path));
  if (dotGit === undefined) return undefined;
  await using cleanUp = new AsyncDisposableStack();
  const folder = await createFolders(cleanUp)();
  // what the person's own Git ignores everywhere counts too
  const call = { folder, env: { ...inherit(["PATH", "HOME", "XDG_CONFIG_HOME"]), LC_ALL: "C" }, signal };
  await git(["init", "--bare", "--template="], call);
  await mkdir(join(folder, "info"), { recursive: true });
  await writeFile(join(folder, "info/exclude"), (await readText(join(dotGit.common, "info/exclude"))) ?? "");
  const inside = relative(dotGit.root, path);
  // https://git-scm.com/docs/git-check-ignore#_exit_status
  const { code } = await runGit(["check-ignore", "--quiet", "--", `./${inside}`], { ...call, workTree: dotGit.root });
  return code === 1 ? { line: `/${inside.replace(/[\\*?[\]]| $/g, "\\$&")}`, file: join(dotGit.root, ".gitignore") } : undefined;
}
