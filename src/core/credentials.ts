import { FairleadError } from "./errors.ts";
import { createExpiringCache } from "./expiring-cache.ts";
import type { Retry } from "./retry.ts";
import type { RefusedStatus, Token, TokenAsk, TokenIdentity } from "./token.ts";
import { sourcesFor, type TokenSource } from "./token-source.ts";

/** The port to tokens. It is asked each time a token is used; no adapter keeps one. */
export interface Credentials {
  /** Returns a token that is still valid; undefined when there is none: not every resource needs one. */
  token(ask: TokenAsk): Promise<Token | undefined>;
  /**
   * Takes note that a token was refused, and returns whether another attempt can help. One that was issued less than 10 s ago may not be known
   * everywhere yet: it is kept, and a pause is returned. Of one that was taken before, 404 is waited for once, and not for long: what is asked for is
   * likely not there. After that, 401 makes the port forget the token, so that the next one is new; 403 and 404 say that it does not allow something,
   * which a new one would not change. For tokens without an end the answer is `no`.
   */
  refused(token: Token, status: RefusedStatus): Retry;
  /** Takes note that a server has taken a token. */
  accepted?(token: Token): void;
  /** Returns who is behind the tokens for a resource where their source tells it by itself, as an App does; undefined for all others. */
  identity?(ask: TokenAsk): Promise<TokenIdentity | undefined>;
}

/** The options of the port. */
export interface CredentialsOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Returns the user name beside a token for a resource whose source gives none. */
  readonly usernameFor: (resource: string) => string;
}

/** Milliseconds before its end in which a token is no longer handed out: a request may come some time after it. A fifth of a shorter life. */
const margin = 5 * 60_000;
/** Milliseconds in which a new token may not be known everywhere, and the shortest pause for one that was refused meanwhile. */
const young = 10_000;
const youngPause = 500;

/**
 * Returns the port over these sources. The source that names the most of a resource is taken; of equal ones the first by the order flag, file,
 * App, environment, helper, and then the later. Tokens are kept until shortly before their end; all who ask meanwhile share one request.
 */
export function createCredentials(sources: readonly TokenSource[], { now, usernameFor }: CredentialsOptions): Credentials {
  const cache = createExpiringCache<Issued | undefined>({ now, margin, expiresOf: (each) => each?.token.expires?.getTime() });
  const issued = new WeakMap<Token, Issued>();
  const issue = async (source: TokenSource, ask: TokenAsk, key: string): Promise<Issued | undefined> => {
    const fetched = await source.fetch(ask);
    if (fetched === undefined) return undefined;
    const { value, expires, username = source.username ?? usernameFor(ask.resource) } = fetched;
    return { token: { value, username, expires, by: source.by }, key, at: now(), worked: false, known: undefined };
  };
  const tokenOf = async (source: TokenSource, ask: TokenAsk): Promise<Token | undefined> => {
    const own = [ask.resource, [...ask.permissions].sort(), sources.indexOf(source)];
    const key = source.keyOf === undefined ? JSON.stringify(own) : await source.keyOf(ask);
    if (key === undefined) return undefined;
    const found = await getShared(
      ask.signal,
      (make) => cache.get(key, make),
      () => issue(source, ask, key),
    );
    if (found !== undefined) issued.set(found.token, found);
    return found?.token;
  };
  return {
    async token(ask) {
      let missing: unknown;
      for (const source of sourcesFor(sources, ask.resource)) {
        try {
          const found = await tokenOf(source, ask);
          if (found !== undefined) return found;
        } catch (error) {
          if (source.keyOf === undefined || !isMissing(error)) throw error;
          missing ??= error;
        }
      }
      if (missing !== undefined) throw missing as FairleadError;
      return undefined;
    },
    async identity(ask) {
      for (const source of sourcesFor(sources, ask.resource)) {
        if (source.identity !== undefined) return await source.identity(ask.signal);
        if ((await tokenOf(source, ask)) !== undefined) return undefined;
      }
      return undefined;
    },
    accepted(token) {
      const taken = issued.get(token);
      if (taken !== undefined) taken.worked = true;
    },
    refused(token, status) {
      const refused = issued.get(token);
      if (refused === undefined || token.expires === undefined) return "no";
      const after = pauseFor(refused, status, now());
      if (after !== undefined) return { after };
      if (status !== 401) return "no";
      cache.drop(refused.key, refused);
      return { after: 0 };
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof FairleadError && error.code === "not_found";
}

/** Returns the milliseconds to wait until a refused token may be known; undefined where it is. Each pause is as long as all before it. */
function pauseFor(refused: Issued, status: RefusedStatus, now: number): number | undefined {
  const age = now - refused.at;
  if (age >= young) return undefined;
  if (status !== 404 || !refused.worked) return Math.min(Math.max(age, youngPause), young - age);
  refused.known ??= now + youngPause;
  return now < refused.known ? refused.known - now : undefined;
}

/** A token, and what is remembered of it. Times are in milliseconds since 1970. */
interface Issued {
  readonly token: Token;
  readonly key: string;
  readonly at: number;
  /** True once a server has taken it. */
  worked: boolean;
  /** When what it was refused with 404 for is believed not to be there, once that was while it was young. */
  known: number | undefined;
}

/** A request that is shared ends with the run that began it. Another run begins its own. */
async function getShared<T>(signal: AbortSignal, get: (make: () => Promise<T>) => Promise<T>, make: () => Promise<T>): Promise<T> {
  for (;;) {
    let own = false;
    try {
      return await get(() => {
        own = true;
        return make();
      });
    } catch (error) {
      const canceled = error instanceof FairleadError && error.code === "canceled";
      if (own || signal.aborted || !canceled) throw error;
    }
  }
}
