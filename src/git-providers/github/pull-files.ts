import type { Octokit } from "#sdk/@octokit/rest";
import type { ProposedFiles } from "../../core/git/provider.ts";
import type { Owned } from "./connection.ts";

/** https://docs.github.com/en/graphql/reference/objects#pullrequest */
const query = `query ($owner: String!, $repo: String!, $base: String!) {
  repository(owner: $owner, name: $repo) {
    pullRequests(states: [OPEN], baseRefName: $base, first: 100, orderBy: { field: CREATED_AT, direction: DESC }) {
      nodes {
        number
        files(first: 100) { totalCount nodes { path } }
        commits(first: 1) { nodes { commit { parents(first: 1) { nodes { oid } } } } }
        timelineItems(first: 1, itemTypes: [BASE_REF_CHANGED_EVENT]) { nodes { __typename } }
      }
    }
  }
}`;

interface Nodes<T> {
  readonly nodes: readonly T[];
}

interface PullNode {
  readonly number: number;
  /** Null where GitHub cannot compare. */
  readonly files: (Nodes<{ readonly path: string }> & { readonly totalCount: number }) | null;
  readonly commits: Nodes<{ readonly commit: { readonly parents: Nodes<{ readonly oid: string }> } }>;
  readonly timelineItems: Nodes<unknown>;
}

/** Returns what the newest open pull requests to a base change, by their numbers. */
export async function listFiles(octokit: Octokit, at: Owned, base: string): Promise<ReadonlyMap<number, ProposedFiles>> {
  const { repository } = await octokit.graphql<{ readonly repository: { readonly pullRequests: Nodes<PullNode> } }>(query, { ...at, base });
  return new Map(repository.pullRequests.nodes.map((pull) => [pull.number, toFiles(pull)]));
}

function toFiles({ files, commits, timelineItems }: PullNode): ProposedFiles {
  const paths = (files?.nodes ?? []).map(({ path }) => path);
  return {
    paths,
    isWhole: files?.totalCount === paths.length,
    from: commits.nodes[0]?.commit.parents.nodes[0]?.oid,
    retargeted: timelineItems.nodes.length > 0,
  };
}
