import type { Octokit } from "#sdk/@octokit/rest";
import { FairleadError, Stale } from "../../core/errors.ts";
import type { MergeMethod, PullRequest } from "../../core/git/provider.ts";
import type { Owned } from "./connection.ts";
import { refusedMutation, saidBy, statusOf } from "./failure.ts";
import { aside } from "./said.ts";

/** https://docs.github.com/en/graphql/reference/mutations#enablepullrequestautomerge */
const enable = `mutation ($pull: ID!, $by: PullRequestMergeMethod!, $head: GitObjectID!, $title: String, $body: String) {
  enablePullRequestAutoMerge(
    input: { pullRequestId: $pull, mergeMethod: $by, expectedHeadOid: $head, commitHeadline: $title, commitBody: $body }
  ) { clientMutationId }
}`;

/** https://docs.github.com/en/graphql/reference/mutations#enqueuepullrequest */
const enqueue = `mutation ($pull: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: { pullRequestId: $pull, expectedHeadOid: $head }) { clientMutationId }
}`;

/** States in which nothing blocks a merge. GitHub refuses auto-merge for these, since there is nothing to wait for. */
const mergeable = ["clean", "has_hooks", "unstable"];

/** GitHub computes the state after it was first asked for. Milliseconds until it is asked again. */
const pauses = [250, 500, 1_000, 2_000, 4_000];

/** Waits for so many milliseconds. */
export type Pause = (milliseconds: number) => Promise<void>;

/**
 * Merges a pull request as soon as its requirements are met.
 * If it has none, or they are met, it is merged now: GitHub enables auto-merge only for a pull request that has to
 * wait. What it has to do may change between a look and a request: then the other way is tried. A branch with a merge queue
 * takes it from that alone.
 */
export async function mergeAlone(octokit: Octokit, at: Owned, pull: PullRequest, method: MergeMethod, pause: Pause): Promise<void> {
  const target = { ...at, pull_number: pull.number };
  const { node_id: id, mergeable_state: state } = await readState(octokit, target, pause);
  const said = messageOf(at, pull, method);
  const ways = {
    now: () =>
      octokit.rest.pulls.merge({
        ...target,
        merge_method: method,
        sha: pull.commit,
        ...(said && { commit_title: said.title, commit_message: said.body }),
      }),
    later: () => octokit.graphql(enable, { pull: id, by: method.toUpperCase(), head: pull.commit, ...said }),
    queue: () => octokit.graphql(enqueue, { pull: id, head: pull.commit }),
  };
  const doing = `merge pull request #${pull.number} of ${at.owner}/${at.repo}`;
  let way: keyof typeof ways | undefined = mergeable.includes(state) ? "now" : "later";
  const refusals: unknown[] = [];
  for (const tried = new Set<string>(); way !== undefined && !tried.has(way); way = nextWay(way, refusals.at(-1))) {
    tried.add(way);
    const refusal = await refusalOf(ways[way], doing);
    if (refusal === undefined) return;
    refusals.push(refusal);
  }
  throw new FairleadError("unsupported", `${doing}: GitHub refuses to enable auto-merge${aside(saidBy(refusals[0]))}`, {
    hint: "allow auto-merge and this merge method in the repository's settings",
    cause: refusals[0],
  });
}

/**
 * Returns the words of the commit that merges. A repository's setting may leave out all but the title, by which nobody knows whose it is: the pull request's
 * body has the mark. A rebase makes no commit of its own.
 */
function messageOf(
  { owner }: Owned,
  { number, title, body, head }: PullRequest,
  method: MergeMethod,
): { readonly title: string; readonly body: string } | undefined {
  if (method === "rebase") return undefined;
  return method === "squash"
    ? { title: `${title} (#${number})`, body }
    : { title: `Merge pull request #${number} from ${owner}/${head}`, body: `${title}\n\n${body}` };
}

/**
 * Returns how to merge after a refusal. What waits for a review or a check is never merged now: an administrator's token could.
 * https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
 */
function nextWay(way: "now" | "later" | "queue", refusal: unknown): "now" | "later" | "queue" | undefined {
  const said = saidBy(refusal);
  if (/merge queue/i.test(said)) return "queue";
  if (way === "now") return "later";
  return way === "later" && /in (clean|has_hooks|unstable) status/i.test(said) ? "now" : undefined;
}

async function readState(
  octokit: Octokit,
  target: Owned & { readonly pull_number: number },
  pause: Pause,
): Promise<{ readonly node_id: string; readonly mergeable_state: string }> {
  for (const milliseconds of pauses) {
    const { data } = await octokit.rest.pulls.get(target);
    if (data.mergeable_state !== "unknown") return data;
    await pause(milliseconds);
  }
  return (await octokit.rest.pulls.get(target)).data;
}

/** Returns the error of a merge that GitHub does not do in this way; undefined if it did. Throws any other. */
async function refusalOf(merge: () => Promise<unknown>, doing: string): Promise<unknown> {
  try {
    await merge();
    return undefined;
  } catch (error) {
    const status = statusOf(error);
    const refused = refusedMutation(error);
    // 405: merging is not allowed, or not in this way; 409: somebody has pushed to it meanwhile.
    if (status === 409 || refused?.type === "STALE_DATA") throw new Stale(`${doing}: its branch has moved`);
    if (status !== 405 && (refused?.type !== "UNPROCESSABLE" || refused.passes)) throw error;
    return error;
  }
}
