/** Merges a pull request in the bare repository, as GitHub's button does. */
import { git, tryGit } from "../bare.ts";
import { readCommit } from "./commits.ts";
import { findBranch, followBranches, markMerged } from "./following.ts";
import { refuse } from "./route.ts";
import type { PullRequest, Repository } from "./state.ts";

export interface Merge {
  readonly method?: "merge" | "squash" | "rebase" | undefined;
  readonly title?: string | undefined;
  readonly message?: string | undefined;
  /** The expected head. */
  readonly sha?: string | undefined;
  readonly by: string;
}

/** The tree of both branches together, or undefined when they conflict. */
export async function mergeTrees(repository: Repository, base: string, head: string): Promise<string | undefined> {
  return (await tryGit(repository.folder, ["merge-tree", "--write-tree", base, head]))?.split("\n")[0];
}

/** Returns the merge commit. https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request */
export async function mergePull(repository: Repository, pull: PullRequest, merge: Merge): Promise<string> {
  await followBranches(repository);
  if (merge.method === "rebase") throw refuse(405, "Rebase merges are not allowed on this repository.");
  if (pull.state === "closed") throw refuse(405, "Pull Request is not mergeable");
  if (repository.settings.mergeQueue) throw refuse(405, "Changes must be made through the merge queue");
  if (repository.settings.blocked) throw refuse(405, "Required status check is expected.");
  if (pull.draft) throw refuse(405, "Pull Request is still a draft");
  if (merge.sha !== undefined && merge.sha !== pull.headSha) throw refuse(409, "Head branch was modified. Review and try the merge again.");
  const base = (await findBranch(repository, pull.base)) ?? pull.baseSha;
  const tree = await mergeTrees(repository, base, pull.headSha);
  if (tree === undefined) throw refuse(405, "Pull Request is not mergeable");
  const commit = await writeMerge(repository, pull, merge, base, tree);
  const moved = await tryGit(repository.folder, ["update-ref", `refs/heads/${pull.base}`, commit, base]);
  if (moved === undefined) throw refuse(409, "Base branch was modified. Review and try the merge again.");
  markMerged(pull, commit, merge.by);
  await followBranches(repository); // others are based on the same branch
  return commit;
}

/** Lets the required checks come, or not. Once they have, pull requests with auto-merge are merged. */
export async function setBlocked(repository: Repository, blocked: boolean): Promise<void> {
  repository.settings.blocked = blocked;
  if (blocked) return;
  for (const pull of repository.pulls) {
    if (pull.state === "open" && pull.autoMerge) await mergePull(repository, pull, pull.autoMerge);
  }
}

async function writeMerge(repository: Repository, pull: PullRequest, merge: Merge, base: string, tree: string): Promise<string> {
  const squash = merge.method === "squash";
  const parents = squash ? [base] : [base, pull.headSha];
  const title =
    merge.title ??
    (squash ? `${pull.title} (#${pull.number})` : `Merge pull request #${pull.number} from ${repository.owner}/${pull.head}`);
  const message = merge.message ?? (squash ? (repository.settings.squashByTitle ? "" : (pull.body ?? "")) : pull.title);
  const { author } = await readCommit(repository, pull.headSha);
  const env = {
    // a squashed commit is its author's, a merge is its merger's; GitHub itself is the committer of both
    ...(squash
      ? { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email }
      : { GIT_AUTHOR_NAME: merge.by, GIT_AUTHOR_EMAIL: `${merge.by}@users.noreply.github.com` }),
    GIT_COMMITTER_NAME: "GitHub",
    GIT_COMMITTER_EMAIL: "noreply@github.com",
  };
  const input = message === "" ? title : `${title}\n\n${message}`;
  return git(repository.folder, ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"], { env, input });
}
