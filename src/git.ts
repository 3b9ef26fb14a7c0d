import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { FairleadError, Stale } from "./core/errors.ts";
import { branchInTheWay, branchesAbove } from "./core/git/branch-in-the-way.ts";
import type { Checkout, Git, GitPush } from "./core/git/git.ts";
import type { Repository } from "./core/git/repository.ts";
import { createAccess, createFolders, type AccessOptions } from "./git/access.ts";
import { findSsh } from "./git/found-ssh.ts";
import { foundTokenSources } from "./git/found-tokens.ts";
import { cleanEnvironment } from "./git/environment.ts";
import { commitsBetween, pathsBetween } from "./git/between.ts";
import { readCleanFolder } from "./git/clean-folder.ts";
import { fetchFiles } from "./git/fetch-files.ts";
import { commitTree } from "./git/commit-tree.ts";
import { makeCommit, readCommit, readParents } from "./git/objects.ts";
import { lastLines, runGit } from "./git/process.ts";
import { fetchCommit, listRefs, openRemote, runOnServer, serverFailure, withCall, type Remote } from "./git/remote.ts";

/** Returns the version of the `git` on the PATH, such as `2.39.5`. Throws `unsupported` where there is none. Nothing is written. */
export async function gitVersion(signal: AbortSignal): Promise<string> {
  const folder = tmpdir();
  const { output } = await runGit(["--version"], { folder, env: cleanEnvironment(folder), signal });
  return /^git version (\S+)/.exec(output)?.[1] ?? output.trim();
}

export { createFolders, findSsh, foundTokenSources };

/**
 * Returns Git by the `git` on the PATH (2.39 or newer). Disposing of it stops what runs and removes what it fetched.
 */
export function createGit(options: AccessOptions): Git & AsyncDisposable {
  const access = createAccess(options);
  const closing = new AbortController();
  const either = AbortSignal.any([options.signal, closing.signal]);
  const remotes = new Map<string, Promise<Remote>>();
  const remoteOf = (repository: Repository): Promise<Remote> => {
    const remote = remotes.get(repository.url) ?? openRemote(repository, access, either);
    remotes.set(repository.url, remote);
    return remote;
  };
  const openIfThere: Git["openIfThere"] = async (repository, branch) => await openBranch(await remoteOf(repository), branch);
  return {
    async resolve(repository, ref) {
      const remote = await remoteOf(repository);
      const sha = await findObject(remote, ref);
      await fetchCommit(remote, sha, describe(remote, ref));
      const commit = await withCall(remote, (call) => readCommit(sha, call));
      if (commit === undefined) throw new FairleadError("not_found", `${describe(remote, ref)}: it is no commit`);
      return commit;
    },
    async open(repository, branch) {
      const remote = await remoteOf(repository);
      if (branch === undefined) return await openDefaultBranch(remote);
      const checkout = await openBranch(remote, branch);
      if (checkout === undefined) throw notThere(remote, `branch ${branch}`, "name a branch of this repository");
      return checkout;
    },
    openIfThere,
    async tree(repository, sha) {
      const remote = await remoteOf(repository);
      await fetchCommit(remote, sha, describe(remote, sha));
      return commitTree(remote, sha);
    },
    async push(change, patience) {
      const opened = await remoteOf(change.repository);
      const remote = patience === undefined ? opened : { ...opened, signal: AbortSignal.any([patience, closing.signal]) };
      await fetchCommit(remote, change.parent, describe(remote, change.parent));
      const sha = await withCall(remote, (call) => makeCommit(change, call));
      await pushCommit(remote, change, sha);
      return sha;
    },
    checkPush: async (repository, commit) => await checkPush(await remoteOf(repository), commit),
    cleanFolder: (path) => readCleanFolder(path, access, either),
    hasFile: (path) =>
      stat(path).then(
        (found) => found.isFile(),
        () => false,
      ),
    fetchFiles: async (wanted) => ({ path: await fetchFiles(wanted, { access, signal: either }), place: "host" }),
    commitsBetween: async (repository, range) => await commitsBetween(await remoteOf(repository), range),
    pathsBetween: async (repository, range) => await pathsBetween(await remoteOf(repository), range),
    checkAccess: (repository) => access.check(repository),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await access[Symbol.asyncDispose]();
    },
  };
}

function describe({ name }: Remote, ref: string | undefined): string {
  return ref === undefined ? `read ${name}` : `find ${ref} in ${name}`;
}

function notThere({ name }: Remote, what: string, hint?: string): FairleadError {
  return new FairleadError("not_found", `find ${what} in ${name}: it does not exist`, { hint });
}

/** One question answers both, which branch it is and where it is. */
async function openDefaultBranch(remote: Remote): Promise<Checkout> {
  const refs = await listRefs(remote, "HEAD");
  const name = refs.get("HEAD:");
  const sha = refs.get("HEAD");
  if (name?.startsWith("refs/heads/") !== true || sha === undefined) throw notThere(remote, "the default branch", "name a branch");
  return await openHead(remote, name.slice("refs/heads/".length), sha);
}

/** Returns the commit, or the annotated tag, that a reference in the person's words means. */
async function findObject(remote: Remote, ref: string | undefined): Promise<string> {
  if (ref !== undefined && /^[0-9a-f]{40}$/i.test(ref)) return ref.toLowerCase();
  const names = ref === undefined ? ["HEAD"] : ref.startsWith("refs/") ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const refs = await listRefs(remote, ...names, ...names.map((name) => `${name}^{}`));
  const [first, second] = names.flatMap((name) => {
    const sha = refs.get(name);
    return sha === undefined ? [] : [{ name, sha, commit: refs.get(`${name}^{}`) ?? sha }];
  });
  if (first === undefined) {
    throw ref === undefined
      ? notThere(remote, "a commit")
      : notThere(remote, ref, "name a branch, a tag, or a commit by its full SHA of 40 digits");
  }
  if (second !== undefined && first.commit !== second.commit) {
    throw new FairleadError("input", `${describe(remote, ref)}: it is a branch and a tag, and they differ`, {
      hint: `write ${first.name} or ${second.name}`,
    });
  }
  return first.sha;
}

async function openBranch(remote: Remote, branch: string): Promise<Checkout | undefined> {
  const name = `refs/heads/${branch}`;
  const sha = (await listRefs(remote, name)).get(name);
  return sha === undefined ? undefined : await openHead(remote, branch, sha);
}

async function openHead(remote: Remote, branch: string, sha: string): Promise<Checkout> {
  await fetchCommit(remote, sha, describe(remote, branch));
  const commit = await withCall(remote, (call) => readCommit(sha, call));
  if (commit === undefined) throw new FairleadError("internal", `${describe(remote, branch)}: it is no commit`);
  return { branch, commit, parents: await withCall(remote, (call) => readParents(sha, call)), tree: commitTree(remote, sha) };
}

/** A dry run asks the server what a push would ask first, and sends nothing. https://git-scm.com/docs/git-push#_options */
async function checkPush(remote: Remote, commit: string): Promise<void> {
  const nobodys = `${commit}:refs/heads/fairlead-dry-run`;
  const ended = await runOnServer(remote, "contents:write", (url) => ["push", "--porcelain", "--dry-run", "--", url, nobodys]);
  if (ended.code !== 0) throw serverFailure(`push to ${remote.name}`, remote, ended);
}

/**
 * Points the branch at the commit, if it is where it is expected. Why a push was refused is only said in words: so the branch is read again,
 * and a branch that has moved is `Stale`. https://git-scm.com/docs/git-push#_output
 */
async function pushCommit(remote: Remote, { branch, expected }: GitPush, sha: string): Promise<void> {
  const name = `refs/heads/${branch}`;
  const doing = `push branch ${branch} of ${remote.name}`;
  const lease = `--force-with-lease=${name}:${expected ?? ""}`;
  const ended = await runOnServer(remote, "contents:write", (url) => ["push", "--porcelain", lease, "--", url, `${sha}:${name}`]);
  if (ended.code === 0) return;
  const refused = /^!\t[^\t]*\t(.*)$/m.exec(ended.output)?.[1];
  if (refused === undefined) throw serverFailure(doing, remote, ended);
  const there = (await listRefs(remote, name)).get(name);
  if (there !== expected) throw new Stale(`${doing}: it has moved`);
  const others = await listRefs(remote, ...branchesAbove(branch).map((each) => `refs/heads/${each}`), `${name}/*`);
  const inTheWay = [...others.keys()].find((each) => each.startsWith("refs/heads/"));
  if (inTheWay !== undefined) throw branchInTheWay(doing, inTheWay.replace("refs/heads/", ""));
  throw new FairleadError("forbidden", `${doing}: the server refused it: ${refused}`, {
    hint: "let the credential's owner write to this branch, or use another one",
    output: lastLines(ended.errors),
  });
}
