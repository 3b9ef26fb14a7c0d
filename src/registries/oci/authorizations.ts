import { sameRepository } from "../../core/image/image.ts";
import type { Access, Lasting } from "./authorization.ts";

/** What registries have asked for and been shown, as long as it lasts. */
export interface Authorizations {
  /** Returns what was got for this access or for a wider one. */
  known(access: Access): Lasting | undefined;
  /**
   * Returns what was got since `refused` was sent, or else what `fetch` gets, kept for later. Who wants the same at the same time shares it.
   */
  renew(access: Access, refused: Lasting | undefined, fetch: () => Promise<Lasting | undefined>): Promise<Lasting | undefined>;
}

type Kept = { readonly access: Access; readonly authorization: Lasting };
type Pending = { readonly access: Access; readonly authorization: Promise<Lasting | undefined> };

/** Returns a memory of authorizations, empty at first. */
export function keepAuthorizations(): Authorizations {
  let kept: readonly Kept[] = [];
  let pending: readonly Pending[] = [];
  const known: Authorizations["known"] = (access) => {
    kept = kept.filter(({ authorization }) => authorization.expires > Date.now());
    return kept.findLast((each) => covers(each, access))?.authorization;
  };
  const fetchAndKeep = async (access: Access, fetch: () => Promise<Lasting | undefined>): Promise<Lasting | undefined> => {
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
      // only who is stopped by the same signal: another's would stop this one
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

/** A login opens all that it may for its repository; a token what was asked for. */
function covers({ access, authorization }: Kept, wanted: Access): boolean {
  if (!sameRepository(access.image, wanted.image)) return false;
  if (authorization.header.startsWith("Basic ")) return true;
  return (access.actions === "pull,push" || wanted.actions === "pull") && (wanted.from === undefined || wanted.from === access.from);
}

function same(a: Access, b: Access): boolean {
  return sameRepository(a.image, b.image) && a.actions === b.actions && a.from === b.from;
}
