import { randomUUID } from "node:crypto";
import { FairleadError } from "../core/errors.ts";
import type { Commit, GitPush } from "../core/git/git.ts";
import { inherit } from "./environment.ts";
import { git, gitBytes, runGit, type GitCall } from "./process.ts";

/** Returns a commit of a bare repository, or that of an annotated tag; undefined if the object is neither. */
export async function readCommit(object: string, call: GitCall): Promise<Commit | undefined> {
  const args = ["rev-list", "--no-walk", "--no-commit-header", "--format=%H %cI", `${object}^{commit}`, "--"];
  const { code, output } = await runGit(args, call);
  const [sha, date] = output.trimEnd().split(" ");
  return code !== 0 || sha === undefined || date === undefined ? undefined : { sha, date };
}

/** Returns the bytes of objects, by their names. https://git-scm.com/docs/git-cat-file#_batch_output */
export async function readObjects(names: readonly string[], call: GitCall): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  if (names.length === 0) return found;
  let printed = await gitBytes(["cat-file", "--batch", "--buffer"], { ...call, input: `${names.join("\n")}\n` });
  for (const name of names) {
    const start = printed.indexOf("\n") + 1;
    const size = Number(printed.toString("latin1", 0, start).split(" ")[2]);
    if (!Number.isInteger(size)) throw new FairleadError("internal", `git cat-file: there is no ${name}`);
    found.set(name, printed.subarray(start, start + size));
    printed = printed.subarray(start + size + 1);
  }
  return found;
}

/**
 * Returns the parents as the commit object names them: `rev-list` leaves out those that a shallow clone does not have.
 */
export async function readParents(sha: string, call: GitCall): Promise<readonly string[]> {
  const [head = ""] = (await git(["cat-file", "commit", sha], call)).split("\n\n");
  return [...head.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent = ""]) => parent);
}

/** Belongs to nobody: `.invalid` is never a domain (RFC 2606). */
const author = { name: "fairlead", email: "fairlead@fairlead.invalid" };

/** Git's own variables set the author. https://git-scm.com/docs/git#_git_commits */
function identity(): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
    ...inherit(["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]),
  };
}

/**
 * Makes the commit of a push and returns its SHA. Files keep their modes.
 * There is neither index nor working tree. Only the folders on the way to a changed file are read; the others need not
 * have been fetched.
 * https://git-scm.com/docs/git-fast-import
 */
export async function makeCommit({ parent, files, message }: GitPush, repository: GitCall): Promise<string> {
  const call = { ...repository, env: { ...repository.env, ...identity() } };
  const [people, programs] = await Promise.all([readPeople(call), listExecutables(parent, [...files.keys()], call)]);
  const input = [
    "feature done\n",
    `commit refs/made/${randomUUID()}\nmark :1\nauthor ${people.author}\ncommitter ${people.committer}\n`,
    ...data(Buffer.from(message)),
    `from ${parent}\n`,
    ...[...files].flatMap(([path, bytes]) => [`M ${programs.has(path) ? "100755" : "100644"} inline ${quote(path)}\n`, ...data(bytes)]),
    "get-mark :1\ndone\n",
  ];
  return (await git(["fast-import", "--quiet"], { ...call, input: Buffer.concat(input.map((part) => Buffer.from(part))) })).trimEnd();
}

function data(bytes: Uint8Array): readonly (string | Uint8Array)[] {
  return [`data ${bytes.length}\n`, bytes, "\n"];
}

/** https://git-scm.com/docs/git-fast-import#_filemodify */
function quote(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

/** Returns author and committer with the time, as Git writes them into a commit. */
async function readPeople(call: GitCall): Promise<{ author: string; committer: string }> {
  const [author, committer] = await Promise.all(["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"].map((name) => git(["var", name], call)));
  if (author === undefined || committer === undefined) throw new FairleadError("internal", "git var: it says nothing");
  return { author: author.trimEnd(), committer: committer.trimEnd() };
}

async function listExecutables(commit: string, paths: readonly string[], call: GitCall): Promise<ReadonlySet<string>> {
  const entries = (await git(["ls-tree", "-z", commit, "--", ...paths], call)).split("\0");
  return new Set(entries.filter((entry) => entry.startsWith("100755 ")).map((entry) => entry.slice(entry.indexOf("\t") + 1)));
}
