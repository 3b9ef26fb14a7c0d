import { join } from "node:path";
import { FairleadError } from "../core/errors.ts";
import type { Commit, GitPush } from "../core/git.ts";
import type { Tree } from "../core/tree.ts";
import { git, inherit, lastLines, readBlob, runGit, type GitCall } from "./process.ts";

/** Returns a commit of a bare repository, also by the annotated tag of one; undefined when the object is neither. */
export async function readCommit(object: string, call: GitCall): Promise<Commit | undefined> {
  const args = ["rev-list", "--max-count=1", "--no-commit-header", "--format=%H %cI", `${object}^{commit}`, "--"];
  const { code, output } = await runGit(args, call);
  const [sha, date] = output.trimEnd().split(" ");
  return code !== 0 || sha === undefined || date === undefined ? undefined : { sha, date };
}

/** Returns the parents of a commit by its own words: `rev-list` leaves out those that a shallow clone does not have. */
export async function readParents(sha: string, call: GitCall): Promise<readonly string[]> {
  const [head = ""] = (await git(["cat-file", "commit", sha], call)).split("\n\n");
  return [...head.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent = ""]) => parent);
}

/** Returns the regular files of a commit: no links, no submodules. */
export function commitTree(sha: string, call: GitCall): Tree {
  return {
    async *list(containing) {
      yield* containing === undefined ? await regularFiles(sha, call) : await filesWith(containing, sha, call);
    },
    read: (path) => readBlob(`${sha}:${path}`, call),
  };
}

async function regularFiles(sha: string, call: GitCall): Promise<readonly string[]> {
  const entries = split(await git(["ls-tree", "-r", "-z", sha], call));
  return entries.filter((entry) => entry.startsWith("100")).map((entry) => entry.slice(entry.indexOf("\t") + 1));
}

/** `git grep` looks into regular files alone. It ends with 1 when it finds nothing. https://git-scm.com/docs/git-grep */
async function filesWith(texts: readonly string[], sha: string, call: GitCall): Promise<readonly string[]> {
  const patterns = texts.flatMap((text) => ["-e", text]);
  const { code, output, errors } = await runGit(["grep", "--name-only", "--null", "--fixed-strings", ...patterns, sha, "--"], call);
  if (code !== 0 && code !== 1) throw new FairleadError("internal", `git grep: exit code ${code}`, { output: lastLines(errors) });
  return split(output).map((found) => found.slice(sha.length + 1));
}

function split(output: string): readonly string[] {
  return output.split("\0").filter((part) => part !== "");
}

/** Belongs to nobody: `.invalid` never is a domain (RFC 2606). */
const author = { name: "fairlead", email: "fairlead@fairlead.invalid" };

/** Git's own variables decide who the author is. https://git-scm.com/docs/git#_git_commits */
function identity(): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
    ...inherit(["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]),
  };
}

/** Makes the commit of a push, in the repository's objects and a new index, without a working tree. Returns its SHA. Files keep their modes. */
export async function makeCommit({ parent, files, message }: GitPush, folder: string, repository: GitCall): Promise<string> {
  const call = { ...repository, env: { ...repository.env, ...identity(), GIT_INDEX_FILE: join(folder, "index") } };
  await git(["read-tree", parent], call);
  const programs = await listExecutables(call);
  let entries = "";
  for (const [path, bytes] of files) {
    const blob = await git(["hash-object", "-w", "--stdin"], { ...call, input: bytes });
    entries += `${programs.has(path) ? "100755" : "100644"} ${blob.trimEnd()}\t${path}\0`;
  }
  await git(["update-index", "-z", "--index-info"], { ...call, input: entries });
  const tree = await git(["write-tree"], call);
  return (await git(["commit-tree", tree.trimEnd(), "-p", parent, "-F", "-"], { ...call, input: message })).trimEnd();
}

async function listExecutables(call: GitCall): Promise<ReadonlySet<string>> {
  const entries = split(await git(["ls-files", "--stage", "-z"], call));
  return new Set(entries.filter((entry) => entry.startsWith("100755 ")).map((entry) => entry.slice(entry.indexOf("\t") + 1)));
}
