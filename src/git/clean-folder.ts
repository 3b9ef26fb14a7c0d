import { stat } from "node:fs/promises";
import { FairleadError } from "../core/errors.ts";
import type { CleanFolder } from "../core/git/git.ts";
import { readOrigin } from "../core/git/repository.ts";
import { readCommit } from "./objects.ts";
import { inherit, runGit, type GitCall } from "./process.ts";

/**
 * Returns the commit that a folder is, whole and unchanged; undefined if it is none. Throws `not_found`.
 * Only here the person's own Git settings count. They say whether the folder is trusted (`safe.directory`), and how its
 * files compare to the commit's (line ends, LFS).
 */
export async function readCleanFolder(path: string, signal: AbortSignal): Promise<CleanFolder | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new FairleadError("not_found", `read folder ${path}: ${found === undefined ? "it does not exist" : "it is not a folder"}`, {
      hint: "name an existing folder",
    });
  }
  const env = { ...inherit(["PATH", "HOME", "XDG_CONFIG_HOME"]), LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0" };
  const call: GitCall = { folder: path, env, signal };
  const [prefix, changes, files, origin, commit] = await Promise.all([
    runGit(["rev-parse", "--show-prefix"], call),
    runGit(["status", "--porcelain", "-z", "--ignored", "--untracked-files=all", "--", "."], call),
    runGit(["ls-files", "-v", "--stage", "-z", "--", "."], call),
    runGit(["remote", "get-url", "origin"], call),
    readCommit("HEAD", call),
  ]);
  const clean = changes.code === 0 && changes.output === "" && files.code === 0 && isWhole(files.output);
  if (prefix.code !== 0 || !clean || commit === undefined) return undefined;
  return { repository: readOrigin(origin.output.trimEnd()), commit, prefix: prefix.output.replace(/\n$/, "") };
}

/**
 * Tells whether all files are present. `git status` hides the entries that it skips (`S`, as in a sparse checkout, and
 * lower case). It also hides submodules (mode 160000), which may be empty.
 * https://git-scm.com/docs/git-ls-files#_output
 */
function isWhole(output: string): boolean {
  const entries = output.split("\0").filter((entry) => entry !== "");
  return entries.length > 0 && entries.every((entry) => /^H 1[02]0/.test(entry));
}
