/** Pull requests follow their branches: after every push, and after every change of a ref. */
import { git, tryGit } from "../bare.ts";
import type { PullRequest, Repository } from "./state.ts";

export function findBranch(repository: Repository, name: string): Promise<string | undefined> {
  return tryGit(repository.folder, ["rev-parse", "-q", "--verify", `refs/heads/${name}`]);
}

export async function isAncestor(repository: Repository, ancestor: string, descendant: string): Promise<boolean> {
  return (await tryGit(repository.folder, ["merge-base", "--is-ancestor", ancestor, descendant])) !== undefined;
}

/** Brings every open pull request up to its branches, one after the other. */
export async function followBranches(repository: Repository): Promise<void> {
  for (const pull of repository.pulls) if (pull.state === "open") await follow(repository, pull);
}

async function follow(repository: Repository, pull: PullRequest): Promise<void> {
  const ours = pull.fork === undefined;
  const [head, base] = await Promise.all([ours ? findBranch(repository, pull.head) : pull.headSha, findBranch(repository, pull.base)]);
  if (head === undefined || base === undefined) return close(pull); // a deleted branch closes it
  const before = pull.baseSha;
  if (head === pull.headSha && base === before) return;
  Object.assign(pull, { headSha: head, updatedAt: new Date() });
  await publishHead(repository, pull);
  if (!(await isAncestor(repository, head, base))) pull.baseSha = base;
  else if (base === before)
    close(pull); // forced back to its base: nothing is left to merge
  else markMerged(pull, base, pull.user); // somebody has pushed the merge itself
}

/** The ref that GitHub keeps of every pull request, open or not. https://docs.github.com/en/pull-requests (checking out locally) */
export async function publishHead({ folder }: Repository, { number, headSha }: PullRequest): Promise<void> {
  await git(folder, ["update-ref", `refs/pull/${number}/head`, headSha]);
}

export function close(pull: PullRequest): void {
  const now = new Date();
  Object.assign(pull, { state: "closed", closedAt: now, updatedAt: now });
}

export function markMerged(pull: PullRequest, sha: string, by: string): void {
  close(pull);
  Object.assign(pull, { mergedAt: pull.closedAt, mergedBy: by, mergeCommitSha: sha });
}
