import type { AppOptions, AppTokens } from "../../core/git/app.ts";
import { createExpiringCache } from "../../core/expiring-cache.ts";
import { createSecret } from "../../core/secret.ts";
import type { TokenAsk } from "../../core/token.ts";
import { appClient } from "./app-client.ts";
import { isGone } from "./app-failure.ts";
import { readAppIdentity } from "./app-identity.ts";
import type { Asking, Installation } from "./app-installation.ts";
import { mint, type Fetched, type Minted } from "./app-mint.ts";
import { findPlace, isNamed, mintFailure, renamed, type Absent, type Place } from "./app-place.ts";
import type { Owned } from "./connection.ts";
import { appPermissions, lacking, type AppPermissions } from "./permissions.ts";
import { isPublic } from "./public.ts";
import type { GitHubSettings } from "./settings.ts";

/** Milliseconds in which a repository that is public, and has no App, is believed to stay so. */
const absence = 10 * 60_000;

/**
 * Returns the tokens of a GitHub App: one for a repository, by its id, with what the run's steps need there. A place above a repository has none. One that
 * the App is not in has none where it is public and is only read.
 */
export function githubAppTokens(options: AppOptions<GitHubSettings>): AppTokens {
  const { host, app, now, redactor } = options;
  let opened: Promise<Asking> | undefined;
  const open = (): Promise<Asking> => (opened ??= appClient(host, app, options).then((octokit) => ({ octokit, host, app })));
  const absent = new WeakMap<Absent, number>();
  const places = createExpiringCache<Place | Absent>({
    ...{ now, margin: 0 },
    expiresOf: (each) => ("missing" in each ? (absent.get(each) ?? now()) : undefined),
  });
  const searchOf = (ask: TokenAsk, at: Owned) => ({
    ...{ doing: doingOf(ask), at, now, wanted: appPermissions(ask.permissions) },
    widen: (installation: Installation) => widen(ask, installation, options),
  });
  const find = async (ask: TokenAsk, at: Owned): Promise<Place | Absent> => {
    const found = await places.get(ask.resource, async () => {
      const place = await findPlace(await open(), searchOf(ask, at));
      if ("missing" in place && (await isPublic(at, options))) absent.set(place, now() + absence);
      return place;
    });
    const isStale = "missing" in found ? !mayGoWithout(ask, absent.has(found)) : isLacking(ask, found);
    if (!isStale) return found;
    places.drop(ask.resource, found);
    if ("missing" in found) throw found.missing;
    return await find(ask, at);
  };
  const make = async (ask: TokenAsk, at: Owned, isAgain = false): Promise<Minted | undefined> => {
    const place = await find(ask, at);
    if ("missing" in place) return undefined;
    const { installation, repository } = place;
    const permissions = widen(ask, installation, options);
    const first = takeFirst(place, permissions);
    if (first !== undefined) return first;
    try {
      return await mint(await open(), installation.id, { repository_ids: [repository] }, permissions, now);
    } catch (error) {
      places.drop(ask.resource, place);
      if (isGone(error) && !isAgain) return await make(ask, at, true);
      throw mintFailure(doingOf(ask), await open(), installation, error);
    }
  };
  return {
    async keyOf(ask) {
      const at = ownedOf(ask.resource);
      const place = at === undefined ? undefined : await find(ask, at);
      if (place === undefined || "missing" in place) return undefined;
      const { installation, repository } = place;
      const permissions = widen(ask, installation, options);
      return JSON.stringify({ host, app: app.id, installation: installation.id, repositories: [repository], permissions });
    },
    async fetch(ask): Promise<Fetched | undefined> {
      const at = ownedOf(ask.resource);
      const minted = at === undefined ? undefined : await make(ask, at);
      if (at === undefined || minted === undefined) return undefined;
      redactor.add(minted.token);
      if (!isNamed(at, minted)) throw renamed(doingOf(ask), { host }, at, minted);
      const value = createSecret(`token of App ${app.id}`, redactor, () => Promise.resolve(minted.token));
      return { value, expires: new Date(minted.ends) };
    },
    identity: async () => await readAppIdentity(await open()),
  };
}

function doingOf({ resource }: TokenAsk): string {
  return `get a token for ${resource}`;
}

/** Returns the repository of a resource; undefined for a host, an owner, and what is no repository on GitHub. */
function ownedOf(resource: string): Owned | undefined {
  const [, owner, repo, ...more] = resource.split("/");
  return owner === undefined || repo === undefined || more.length > 0 ? undefined : { owner, repo };
}

/** What is asked, and of what the steps need there all that was granted: so a repository has one token. */
function widen({ resource, permissions }: TokenAsk, { permissions: granted }: Installation, { needsAt }: AppOptions): AppPermissions {
  const further = needsAt(resource).filter((each) => lacking(appPermissions([each]), granted).length === 0);
  return permissions.length === 0 && further.length === 0 ? {} : appPermissions([...permissions, ...further]);
}

function isLacking({ permissions }: TokenAsk, { installation }: Place): boolean {
  return lacking(appPermissions(permissions), installation.permissions).length > 0;
}

/** Tells whether an ask can do without a token: it only reads what everybody may read. */
function mayGoWithout({ permissions }: TokenAsk, isPublicOne: boolean): boolean {
  return isPublicOne && permissions.every((each) => each.endsWith(":read"));
}

/** The first token is anybody's who wants just that, once. */
function takeFirst(place: Place, permissions: AppPermissions): Minted | undefined {
  const { first } = place;
  if (first === undefined || JSON.stringify(first.permissions) !== JSON.stringify(permissions)) return undefined;
  place.first = undefined;
  return first.minted;
}
