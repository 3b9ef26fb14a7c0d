import type { CommitRange, CommitsQuery, PushedCommit } from "../core/git/git.ts";
import { readRoot } from "./commit-tree.ts";
import { git, runGit } from "./process.ts";
import { fetchCommit, fetchHistory, fetchTrees, withCall, type Remote } from "./remote.ts";

/** Commits of the history that are looked at: a push of ours has one or two. */
const depth = 50;

/**
 * Returns the commits that `to` has and `from` has not, the newest first; undefined when `from` is not among the newest before it: then nothing is known.
 * The history is fetched without its files.
 */
export async function commitsBetween(remote: Remote, { from, to }: CommitsQuery): Promise<readonly PushedCommit[] | undefined> {
  await fetchHistory(remote, to, from === null ? 1 : depth);
  const isBefore = from === null || (await withCall(remote, (call) => runGit(["merge-base", "--is-ancestor", from, to], call))).code === 0;
  if (!isBefore) return undefined;
  const range = from === null ? ["-1", to] : [`${from}..${to}`];
  const printed = await withCall(remote, (call) => git(["log", "-z", "--format=%H%n%B", ...range, "--"], call));
  return printed
    .split("\0")
    .filter((each) => each !== "")
    .map((each) => ({ sha: each.slice(0, 40), message: each.slice(41) }));
}

/** Returns the paths in which two commits differ. Only their trees are fetched. A file that has moved is two paths. */
export async function pathsBetween(remote: Remote, { from, to }: CommitRange): Promise<readonly string[]> {
  for (const sha of [from, to]) await fetchCommit(remote, sha, `find ${sha} in ${remote.name}`);
  const roots = [await readRoot(remote, from), await readRoot(remote, to)];
  await fetchTrees(remote, roots, "whole");
  const printed = await withCall(remote, (call) => git(["diff-tree", "-r", "-z", "--no-renames", "--name-only", ...roots], call));
  return printed.split("\0").filter((each) => each !== "");
}
