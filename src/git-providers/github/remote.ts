import { FairleadError } from "../../core/errors.ts";
import type { Connection, Owned } from "./connection.ts";
import { githubFailure, statusOf } from "./failure.ts";

/** A file's content, by its SHA, and its size in bytes. */
export interface Blob {
  readonly sha: string;
  readonly size: number;
}

/** What has been read of a repository and stays as it is: objects, by their SHA. */
export interface Seen {
  about: Promise<About> | undefined;
  readonly commits: Map<string, Promise<unknown>>;
  readonly trees: Map<string, Promise<unknown>>;
  readonly blobs: Map<string, Promise<unknown>>;
  /** Blobs that go into the next query. */
  readonly waiting: Waiting[];
}

/** A repository as one call of the port sees it: what has been read of it is shared, what stops it is not. */
export interface Remote extends Omit<Connection, "at"> {
  readonly at: Owned & { readonly request: { readonly signal: AbortSignal } };
  readonly seen: Seen;
}

/** A blob that has been asked for. */
export interface Waiting {
  readonly remote: Remote;
  readonly blob: Blob;
  readonly resolve: (bytes: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** What is the repository's own. */
export interface About {
  /** Its GraphQL node. */
  readonly id: string;
  readonly defaultBranch: string;
}

/** A reference, and the object that it names: an annotated tag is none of a commit's. */
export interface Ref {
  readonly name: string;
  readonly sha: string;
  readonly type: string;
}

/** Returns nothing seen yet. */
export function nothingSeen(): Seen {
  return { about: undefined, commits: new Map(), trees: new Map(), blobs: new Map(), waiting: [] };
}

/** Returns what `use` does with GitHub's API, or throws what its failure means, beginning with `doing`. */
export async function ask<T>(doing: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw githubFailure(doing, error);
  }
}

/** Returns what the repository is. Throws `not_found` when it is not there, or the token does not show it. */
export async function readAbout(remote: Remote): Promise<About> {
  const { octokit, at, name, seen } = remote;
  seen.about ??= ask(`read ${name}`, async () => {
    const { data } = await octokit.rest.repos.get(at);
    return { id: data.node_id, defaultBranch: data.default_branch };
  });
  try {
    return await seen.about;
  } catch (error) {
    seen.about = undefined;
    throw error;
  }
}

/**
 * Returns a reference by its full name; undefined when there is none. A missing repository answers the same (404), so that is told apart; an
 * empty one answers 409. https://docs.github.com/en/rest/git/refs#get-a-reference
 */
export async function readRef(remote: Remote, name: string): Promise<Ref | undefined> {
  try {
    const { data } = await remote.octokit.rest.git.getRef({ ...remote.at, ref: name.replace(/^refs\//, "") });
    return { name, sha: data.object.sha, type: data.object.type };
  } catch (error) {
    const status = statusOf(error);
    if (status !== 404 && status !== 409) throw githubFailure(`read ${remote.name}`, error);
    await readAbout(remote);
    return undefined;
  }
}

/** Returns the error for what a repository has not. */
export function notThere(remote: Remote, what: string, hint?: string): FairleadError {
  return new FairleadError("not_found", `find ${what} in ${remote.name}: it does not exist`, { hint });
}
