import type { Octokit } from "#sdk/@octokit/rest";
import { Stale } from "../../core/errors.ts";
import type { ProposedBranch, ProposedBranches } from "../../core/git/provider.ts";
import type { Owned } from "./connection.ts";
import { refusedMutation } from "./failure.ts";
import type { Call } from "./pulls.ts";

/** Pages of 100. */
const mostPages = 10;

/** Returns the branches of GitHub, each with its pull requests: one request for 100. */
export function githubBranches(call: Call): ProposedBranches {
  return {
    list: (repository, folder) =>
      call(`list branches ${folder} of`, repository, ["contents:read", "pull-requests:read"], (octokit, at) => list(octokit, at, folder)),
    delete: (repository, { name, commit }) =>
      call(`delete branch ${name} of`, repository, ["contents:write"], (octokit, at) => remove(octokit, at, name, commit)),
  };
}

/** https://docs.github.com/en/graphql/reference/objects#ref */
const query = `query ($owner: String!, $repo: String!, $prefix: String!, $after: String) {
  repository(owner: $owner, name: $repo) {
    refs(refPrefix: $prefix, first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        name
        target { oid ... on Commit { message author { date } committer { date } parents(first: 1) { totalCount } } }
        open: associatedPullRequests(first: 1, states: [OPEN]) { totalCount }
        ended: associatedPullRequests(last: 10, states: [CLOSED, MERGED]) { nodes { state body headRefOid } }
      }
    }
  }
}`;

interface BranchNode {
  readonly name: string;
  readonly target: {
    readonly oid: string;
    readonly message: string;
    readonly author: { readonly date: string };
    readonly committer: { readonly date: string };
    readonly parents: { readonly totalCount: number };
  };
  readonly open: { readonly totalCount: number };
  readonly ended: {
    readonly nodes: readonly { readonly state: "CLOSED" | "MERGED"; readonly body: string; readonly headRefOid: string }[];
  };
}

interface Page {
  readonly repository: {
    readonly refs: {
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
      readonly nodes: readonly BranchNode[];
    };
  };
}

async function list(octokit: Octokit, at: Owned, folder: string): Promise<readonly ProposedBranch[]> {
  const found: ProposedBranch[] = [];
  let after: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const { refs } = (await octokit.graphql<Page>(query, { ...at, prefix: `refs/heads/${folder}`, after })).repository;
    found.push(...refs.nodes.map((node) => toBranch(node, folder)));
    if (!refs.pageInfo.hasNextPage) break;
    after = refs.pageInfo.endCursor;
  }
  return found;
}

function toBranch({ name, target, open, ended }: BranchNode, folder: string): ProposedBranch {
  return {
    name: `${folder}${name}`,
    commit: target.oid,
    message: target.message,
    parents: target.parents.totalCount,
    authored: target.author.date,
    committed: target.committer.date,
    isOpen: open.totalCount > 0,
    ended: ended.nodes.map(({ state, body, headRefOid }) => ({
      state: state === "MERGED" ? "merged" : "closed",
      body,
      commit: headRefOid,
    })),
  };
}

/** Of all ways to delete a branch, this one compares. https://docs.github.com/en/graphql/reference/mutations#updaterefs */
const deletion = `mutation ($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}`;

async function remove(octokit: Octokit, at: Owned, branch: string, beforeOid: string): Promise<void> {
  const { data } = await octokit.rest.repos.get(at);
  const update = { name: `refs/heads/${branch}`, beforeOid, afterOid: "0".repeat(40), force: false };
  try {
    await octokit.graphql(deletion, { input: { repositoryId: data.node_id, refUpdates: [update] } });
  } catch (error) {
    if (refusedMutation(error)?.type !== "UNPROCESSABLE" && refusedMutation(error)?.type !== "STALE_DATA") throw error;
    throw new Stale(`delete branch ${branch} of ${at.owner}/${at.repo}: it has moved`);
  }
}
