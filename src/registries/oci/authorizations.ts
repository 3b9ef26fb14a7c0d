import { sameRepository } from "../../core/image/image.ts";
import type { RegistryAccess, ExpiringAuthorization } from "./authorization.ts";

/** A cache of authorizations, each kept until it expires. */
export interface Authorizations {
  /** Returns the authorization for this access or for a wider one. */
  known(access: RegistryAccess): ExpiringAuthorization | undefined;
  /**
   * Returns the authorization that is newer than `refused`, or fetches one and keeps it.
   * Concurrent calls for the same access share one fetch.
   */
  renew(
    access: RegistryAccess,
    refused: ExpiringAuthorization | undefined,
    fetch: () => Promise<ExpiringAuthorization | undefined>,
  ): Promise<ExpiringAuthorization | undefined>;
}

type Kept = { readonly access: RegistryAccess; readonly authorization: ExpiringAuthorization };
type Pending = { readonly access: RegistryAccess; readonly authorization: Promise<ExpiringAuthorization | undefined> };

/** Returns an empty cache of authorizations. */
export function keepAuthorizations(): Authorizations {
  let kept: readonly Kept[] = [];
  let pending: readonly Pending[] = [];
  const known: Authorizations["known"] = (access) => {
    kept = kept.filter(({ authorization }) => authorization.expires > Date.now());
    return kept.findLast((each) => covers(each, access))?.authorization;
  };
  const fetchAndKeep = async (
    access: RegistryAccess,
    fetch: () => Promise<ExpiringAuthorization | undefined>,
  ): Promise<ExpiringAuthorization | undefined> => {
    const authorization = await fetch();
    if (authorization !== undefined) kept = [...kept.filter((each) => !same(each.access, access)), { access, authorization }];
    return authorization;
  };
  return {
    known,
    async renew(access, refused, fetch) {
      const other = known(access);
      if (other !== undefined && other !== refused) return other;
      kept = kept.filter(({ authorization }) => authorization !== refused);
      // share only with calls that have the same signal: another signal would stop this one
      const shared = pending.find((each) => same(each.access, access) && each.access.signal === access.signal);
      if (shared !== undefined) return shared.authorization;
      const mine: Pending = { access, authorization: fetchAndKeep(access, fetch) };
      pending = [...pending, mine];
      try {
        return await mine.authorization;
      } finally {
        pending = pending.filter((each) => each !== mine);
      }
    },
  };
}

/** A login covers everything in its repository; a token covers what it was requested for. */
function covers({ access, authorization }: Kept, wanted: RegistryAccess): boolean {
  if (!sameRepository(access.image, wanted.image)) return false;
  if (authorization.header.startsWith("Basic ")) return true;
  return (access.actions === "pull,push" || wanted.actions === "pull") && (wanted.from === undefined || wanted.from === access.from);
}

function same(a: RegistryAccess, b: RegistryAccess): boolean {
  return sameRepository(a.image, b.image) && a.actions === b.actions && a.from === b.from;
}
