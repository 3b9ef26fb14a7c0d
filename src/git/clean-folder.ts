import { lstat, realpath, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { FairleadError } from "../core/errors.ts";
import type { CleanFolder, Commit, NotClean } from "../core/git/git.ts";
import { readHead } from "../core/git/head.ts";
import { readOrigin } from "../core/git/origin.ts";
import type { Access } from "./access.ts";
import { findDotGit, findObjects, headFiles, readText, type DotGit } from "./dot-git.ts";
import { cleanEnvironment, inherit } from "./environment.ts";
import { readCommit, readObjects } from "./objects.ts";
import { git, runGit, type GitCall } from "./process.ts";
import { findDifference, hashObject, readTrees, type ReadObjects } from "./same-files.ts";

/**
 * Returns the commit that a folder is, whole and unchanged, or why it is none. Throws `not_found`.
 * The repository that came with the folder may be anybody's. Git sees of it the objects alone, from a repository of ours: no setting, hook,
 * filter or index of theirs. What they hold is proven by its hash.
 */
export async function readCleanFolder(path: string, access: Access, signal: AbortSignal): Promise<CleanFolder | NotClean> {
  await assertFolder(path);
  const dotGit = await findDotGit(path);
  if (dotGit === undefined) return { notClean: "it is in no Git repository", hint: "name a folder of a clone" };
  const sha = await readHead(headFiles(dotGit));
  if (sha === undefined) return { notClean: "its repository has no commit", hint: "commit its files" };
  const objects = await findObjects(dotGit);
  if (typeof objects !== "string") return objects;
  const call = await borrowObjects(objects, access, signal);
  if (!dotGit.ours && !(await isTrusted(dotGit, call))) {
    return { notClean: "its repository is another user's", hint: `run git config --global --add safe.directory ${dotGit.root}` };
  }
  const prefix = relative(dotGit.root, await realpath(path));
  const commit = await findCommit({ path, sha, prefix }, readerOf(objects, call), call);
  if (typeof commit === "string") return { notClean: commit, hint: changedHint };
  const repository = readOrigin((await readText(join(dotGit.common, "config"))) ?? "");
  return { repository, commit, prefix: prefix === "" ? "" : `${prefix}/` };
}

const changedHint = "commit or remove what git status --ignored lists";

async function assertFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new FairleadError("not_found", `read folder ${path}: ${found === undefined ? "it does not exist" : "it is not a folder"}`, {
    hint: "name an existing folder",
  });
}

/** Returns calls in a new repository of ours, which finds its objects in that folder. https://git-scm.com/docs/gitrepository-layout */
async function borrowObjects(objects: string, access: Access, signal: AbortSignal): Promise<GitCall> {
  const folder = await access.newFolder();
  const call = { folder, env: cleanEnvironment(folder), signal };
  await git(["init", "--bare", "--template="], call);
  await writeFile(join(folder, "objects/info/alternates"), `${objects}\n`);
  return call;
}

/** Somebody else's repository counts where the person's own settings say so, as it does for Git: those of the machine and of the user. */
async function isTrusted({ root }: DotGit, call: GitCall): Promise<boolean> {
  const env = { ...inherit(["PATH", "HOME", "XDG_CONFIG_HOME"]), LC_ALL: "C" };
  const { output } = await runGit(["config", "--null", "--type=path", "--get-all", "safe.directory"], { ...call, env });
  const folders = output.split("\0").slice(0, -1);
  const counted = folders.slice(folders.lastIndexOf("") + 1); // an empty one takes back those before it
  return counted.some((each) => each === "*" || each === root || (each.endsWith("/*") && root.startsWith(each.slice(0, -1))));
}

/** Returns what reads objects. Git would wait for ever on one that is no regular file. */
function readerOf(objects: string, call: GitCall): ReadObjects {
  return async (shas) => {
    const loose = shas.map((sha) => lstat(join(objects, sha.slice(0, 2), sha.slice(2))).catch(() => undefined));
    if ((await Promise.all(loose)).some((found) => found?.isFile() === false)) return undefined;
    return await readObjects(shas, call).catch((error: unknown) => {
      if (error instanceof FairleadError && error.code === "internal") return undefined; // it is missing, or broken
      throw error;
    });
  };
}

interface Wanted {
  readonly path: string;
  readonly sha: string;
  /** The folder's path in its repository, without slashes at its ends. */
  readonly prefix: string;
}

/** Returns the commit, or why the folder is not it. */
async function findCommit({ path, sha, prefix }: Wanted, read: ReadObjects, call: GitCall): Promise<Commit | string> {
  const bytes = (await read([sha]))?.get(sha);
  if (bytes === undefined || hashObject("commit", bytes) !== sha) return `its commit ${sha.slice(0, 12)} is missing or broken`;
  let tree = /^tree ([0-9a-f]{40})\n/.exec(Buffer.from(bytes).toString("latin1"))?.[1];
  for (const part of prefix.split("/").filter(Boolean)) {
    const entries = tree === undefined ? [] : ((await readTrees([tree], read))?.get(tree) ?? []);
    tree = entries.find(({ mode, name }) => mode === "40000" && name === Buffer.from(part).toString("latin1"))?.sha;
  }
  if (tree === undefined) return `its commit ${sha.slice(0, 12)} does not have it`;
  const difference = await findDifference(path, tree, prefix === "" ? ".git" : undefined, read);
  return difference ?? (await readCommit(sha, call)) ?? `its commit ${sha.slice(0, 12)} cannot be read`;
}
