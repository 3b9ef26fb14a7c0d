import { once } from "../../core/once.ts";
import { FairleadError } from "../../core/errors.ts";
import type { Commit } from "../../core/git/git.ts";
import { statusOf } from "./failure.ts";
import { ask, type Ref, type Remote } from "./remote.ts";

/** A commit, its root tree and its parents. */
export interface GitHubCommit extends Commit {
  readonly tree: string;
  readonly parents: readonly string[];
}

/** A commit, an object that leads to one, or any other object. */
type Found = { readonly commit: GitHubCommit } | { readonly tagged: string } | "no commit";

/**
 * Returns the commit of a SHA, also of an annotated tag's. Its date has the committer's offset.
 * Without a token there is only the REST API, whose date is the same moment in UTC. Throws `not_found`, beginning with
 * `doing`.
 */
export async function readCommit(remote: Remote, sha: string, doing: string): Promise<GitHubCommit> {
  const found = await once(remote.seen.commits, sha, async () => {
    const object = await ask(doing, async () => await findObject(remote, sha));
    if (object !== undefined) return object;
    throw new FairleadError("not_found", `${doing}: the repository has no such branch, tag or commit`, {
      hint: "check that it was pushed, and that a commit is named by its full SHA of 40 digits",
    });
  });
  if (found === "no commit") throw noCommit(doing);
  return "commit" in found ? found.commit : await readCommit(remote, found.tagged, doing);
}

/** Like `readCommit`, for the object of a reference. */
export async function readRefCommit(remote: Remote, { sha, type }: Ref, doing: string): Promise<GitHubCommit> {
  if (type !== "commit" && type !== "tag") throw noCommit(doing);
  return await readCommit(remote, sha, doing);
}

function noCommit(doing: string): FairleadError {
  return new FairleadError("not_found", `${doing}: it is no commit`);
}

async function findObject(remote: Remote, sha: string): Promise<Found | undefined> {
  return remote.hasToken ? await queryObject(remote, sha) : await getObject(remote, sha);
}

/** `GitTimestamp` keeps the offset; all dates of the REST API are in UTC. https://docs.github.com/en/graphql/reference/scalars#gittimestamp */
const objectQuery = `query ($owner: String!, $repo: String!, $oid: GitObjectID!) {
  repository(owner: $owner, name: $repo) {
    object(oid: $oid) {
      __typename
      ... on Commit { oid committer { date } tree { oid } parents(first: 100) { nodes { oid } } }
      ... on Tag { target { oid } }
    }
  }
}`;

interface ObjectAnswer {
  readonly repository: {
    readonly object:
      | null
      | { readonly __typename: "Blob" | "Tree" }
      | { readonly __typename: "Tag"; readonly target: { readonly oid: string } }
      | {
          readonly __typename: "Commit";
          readonly oid: string;
          readonly committer: { readonly date: string };
          readonly tree: { readonly oid: string };
          readonly parents: { readonly nodes: readonly { readonly oid: string }[] };
        };
  };
}

async function queryObject({ octokit, at }: Remote, oid: string): Promise<Found | undefined> {
  const { object } = (await octokit.graphql<ObjectAnswer>(objectQuery, { ...at, oid })).repository;
  if (object === null) return undefined;
  if (object.__typename === "Tag") return { tagged: object.target.oid };
  if (object.__typename !== "Commit") return "no commit";
  const parents = object.parents.nodes.map((parent) => parent.oid);
  return { commit: { sha: object.oid, date: withOffset(object.committer.date), tree: object.tree.oid, parents } };
}

async function getObject({ octokit, at }: Remote, sha: string): Promise<Found | undefined> {
  const commit = await unlessMissing(octokit.rest.git.getCommit({ ...at, commit_sha: sha }));
  if (commit !== undefined) {
    const { committer, tree, parents } = commit.data;
    return {
      commit: { sha: commit.data.sha, date: withOffset(committer.date), tree: tree.sha, parents: parents.map((parent) => parent.sha) },
    };
  }
  const tag = await unlessMissing(octokit.rest.git.getTag({ ...at, tag_sha: sha }));
  return tag && { tagged: tag.data.object.sha };
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  return await answer.catch((error: unknown) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
}

/**
 * Writes UTC as `git show --format=%cI` did until Git 2.44. The same commit must not get two dates: images are labelled
 * with it.
 */
function withOffset(date: string): string {
  return date.replace(/Z$/, "+00:00");
}
