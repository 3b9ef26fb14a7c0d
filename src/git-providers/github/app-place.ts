import { FairleadError } from "../../core/errors.ts";
import { lookUp, notGranted, notInstalled, suspended, type Asking, type Installation } from "./app-installation.ts";
import { mint, type Minted } from "./app-mint.ts";
import { appFailure, isGone, isSuspended } from "./app-failure.ts";
import { lacking, type AppPermissions } from "./permissions.ts";
import type { Owned } from "./connection.ts";

/** A repository, by its id, and the installation that it is in. */
export interface Place {
  readonly installation: Installation;
  readonly repository: number;
  /** The token by which the id became known, until somebody takes it. */
  first: { readonly permissions: AppPermissions; readonly minted: Minted } | undefined;
}

/** A repository that the App is not installed in. */
export interface Absent {
  readonly missing: FairleadError;
}

/** What is looked for, and for what: `doing` begins all errors. */
export interface Search {
  readonly doing: string;
  readonly at: Owned;
  /** What the token has to have. */
  readonly wanted: AppPermissions;
  /** Returns what it is to have: that, and more of what was granted. */
  readonly widen: (installation: Installation) => AppPermissions;
  readonly now: () => number;
}

/**
 * Finds a repository, and makes its first token: no other request of an App says its id. Throws `not_found` for one that has another name or owner now,
 * and `forbidden` where the installation is suspended, or was not granted what is wanted.
 */
export async function findPlace(asking: Asking, search: Search): Promise<Place | Absent> {
  const { doing, at } = search;
  const { installation, moved } = await lookUp(doing, asking, at);
  if (installation === undefined) {
    const why = moved === undefined ? undefined : "is not installed where the repository is now: it was renamed or moved";
    return { missing: await notInstalled(doing, asking, why) };
  }
  if (installation.isSuspended) throw suspended(doing, installation);
  if (moved !== undefined) throw await movedTo(asking, search, installation, moved);
  if (lacking(search.wanted, installation.permissions).length > 0) throw await notGranted(doing, asking, installation, search.wanted);
  const permissions = search.widen(installation);
  try {
    const minted = await mint(asking, installation.id, { repositories: [at.repo] }, permissions, search.now);
    return { installation, repository: minted.repository, first: { permissions, minted } };
  } catch (error) {
    throw mintFailure(doing, asking, installation, error);
  }
}

async function movedTo(asking: Asking, { doing, at, now }: Search, installation: Installation, id: number): Promise<unknown> {
  try {
    return renamed(doing, asking, at, await mint(asking, installation.id, { repository_ids: [id] }, { metadata: "read" }, now));
  } catch (error) {
    throw mintFailure(doing, asking, installation, error);
  }
}

/** Returns the error of a repository that is no longer where it was named: what a credential is named for is used there alone. */
export function renamed(doing: string, { host }: Pick<Asking, "host">, { owner }: Owned, { fullName }: Minted): FairleadError {
  const isRenamed = fullName.split("/", 1)[0]?.toLowerCase() === owner.toLowerCase();
  return new FairleadError("not_found", `${doing}: the repository was ${isRenamed ? "renamed" : "moved"} to ${host}/${fullName}`, {
    hint: `write ${host}/${fullName} in its place`,
  });
}

/** Tells whether a token is of the repository that has this name. */
export function isNamed({ owner, repo }: Owned, { fullName }: Minted): boolean {
  return fullName.toLowerCase() === `${owner}/${repo}`.toLowerCase();
}

/** Returns the error for a token that was not made. What is no longer as it was found is `Gone`'s. */
export function mintFailure(doing: string, asking: Asking, installation: Installation, error: unknown): unknown {
  if (isSuspended(error)) return suspended(doing, installation);
  if (!isGone(error)) return appFailure(doing, asking, error);
  return new FairleadError("unavailable", `${doing}: the installation of the App ${installation.slug} has just changed`, { cause: error });
}
