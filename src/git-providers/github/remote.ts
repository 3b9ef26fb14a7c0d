import { FairleadError } from "../../core/errors.ts";
import type { Connection, Owned } from "./connection.ts";
import { githubFailure, statusOf } from "./failure.ts";

/** A file's content, by its SHA, and its size in bytes. */
export interface Blob {
  readonly sha: string;
  readonly size: number;
}

/** Objects of a repository that were read, by their SHA. They never change. */
export interface Seen {
  about: Promise<About> | undefined;
  readonly commits: Map<string, Promise<unknown>>;
  readonly trees: Map<string, Promise<unknown>>;
  readonly blobs: Map<string, Promise<unknown>>;
  /** Blobs for the next query. */
  readonly waiting: Waiting[];
}

/** A repository in one call of the port. The objects that were read are shared between calls; the signal is not. */
export interface Remote extends Omit<Connection, "at"> {
  readonly at: Owned & { readonly request: { readonly signal: AbortSignal } };
  readonly seen: Seen;
}

/** A blob that was asked for. */
export interface Waiting {
  readonly remote: Remote;
  readonly blob: Blob;
  readonly resolve: (bytes: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Properties of a repository. */
export interface About {
  /** The ID of its GraphQL node. */
  readonly id: string;
  readonly defaultBranch: string;
  /** False if the token may not push; undefined where GitHub does not say. */
  readonly mayPush: boolean | undefined;
}

/** A reference, and the object that it names, which may be an annotated tag. */
export interface Ref {
  readonly name: string;
  readonly sha: string;
  readonly type: string;
}

/** Returns the state of a repository of which nothing was read. */
export function nothingSeen(): Seen {
  return { about: undefined, commits: new Map(), trees: new Map(), blobs: new Map(), waiting: [] };
}

/** Returns the result of `use`. A failure of GitHub's API becomes a FairleadError that begins with `doing`. */
export async function ask<T>(doing: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw githubFailure(doing, error);
  }
}

/** Returns the properties of the repository. Throws `not_found` if it does not exist, or the token cannot see it. */
export async function readAbout(remote: Remote): Promise<About> {
  const { octokit, at, name, seen } = remote;
  seen.about ??= ask(`read ${name}`, async () => {
    const { data } = await octokit.rest.repos.get(at);
    return { id: data.node_id, defaultBranch: data.default_branch, mayPush: data.permissions?.push };
  });
  try {
    return await seen.about;
  } catch (error) {
    seen.about = undefined;
    throw error;
  }
}

/**
 * Returns a reference by its full name; undefined if there is none.
 * A missing repository also answers 404, so it is checked; an empty one answers 409.
 * https://docs.github.com/en/rest/git/refs#get-a-reference
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

/** Returns the error for an object that the repository does not have. */
export function notThere(remote: Remote, what: string, hint?: string): FairleadError {
  return new FairleadError("not_found", `find ${what} in ${remote.name}: it does not exist`, { hint });
}
