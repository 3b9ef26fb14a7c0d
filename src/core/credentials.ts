import { FairleadError } from "./errors.ts";
import { createExpiringCache } from "./expiring-cache.ts";
import { opens } from "./opens.ts";
import type { Permission } from "./permission.ts";
import { retry, type Attempted, type Retry, type RetryOptions } from "./retry.ts";
import type { Secret } from "./secret.ts";

/** Which token is wanted. */
export interface TokenAsk {
  /** A repository (`github.com/acme/fleet`), a host, or the name of a notifier. */
  readonly resource: string;
  /** The permissions that the token must have; none: any token. */
  readonly permissions: readonly Permission[];
  readonly signal: AbortSignal;
}

/** Where a token came from. */
export type TokenOrigin = "flag" | "file" | "app" | "env" | "gh" | "helper";

/** A token for one use: whoever needs one again asks again. */
export interface Token {
  readonly value: Secret;
  /** The user name beside it, where one has to be given. */
  readonly username: string;
  /** Undefined for one that does not end, or of which nobody knows when. */
  readonly expires: Date | undefined;
  readonly by: TokenOrigin;
}

/** Who the owner of a token is to a server, and where the token came from. */
export interface TokenIdentity extends Pick<Token, "by"> {
  readonly login: string;
  /** What the token may do, in the server's words; undefined where it does not tell. */
  readonly scopes: readonly string[] | undefined;
  /** The name of the secret, such as that of its variable. */
  readonly token: string;
}

/** Statuses that say that a token is not taken: 404 is what private resources answer. */
export type RefusedStatus = 401 | 403 | 404;

/** The port to tokens. It is asked each time a token is used; no adapter keeps one. */
export interface Credentials {
  /** Returns a token that is still valid; undefined when there is none: not every resource needs one. */
  token(ask: TokenAsk): Promise<Token | undefined>;
  /**
   * Takes note that a token was refused, and returns whether another attempt can help. One that was issued less than 10 s ago may not be known
   * everywhere yet: it is kept, and a pause is returned, once. After that, 401 makes the port forget it, so that the next one is new; 403 and 404 say
   * that it does not allow something, which a new one would not change. For tokens without an end the answer is `no`.
   */
  refused(token: Token, status: RefusedStatus): Retry;
}

/** Where the tokens for one resource, and for all below it, come from. */
export interface TokenSource {
  readonly for: string;
  readonly by: TokenOrigin;
  readonly username?: string | undefined;
  /**
   * Returns a token, with the user name beside it where it has one; undefined where there is none: the next source is asked then. One that ends is asked
   * for again shortly before its end.
   */
  fetch(ask: TokenAsk): Promise<(Pick<Token, "value" | "expires"> & { readonly username?: string }) | undefined>;
}

/** The options of the port. */
export interface CredentialsOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Returns the user name beside a token for a resource whose source gives none. */
  readonly usernameFor: (resource: string) => string;
}

/** The order among sources of the same resource. */
const order: readonly TokenOrigin[] = ["flag", "file", "app", "env", "gh", "helper"];
/** Milliseconds before its end in which a token is no longer handed out: a request may come some time after it. A fifth of a shorter life. */
const margin = 5 * 60_000;
/** Milliseconds in which a new token may not be known everywhere, and the pause for one that was refused meanwhile. */
const young = 10_000;
const youngPause = 2_000;

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
    return { token: { value, username, expires, by: source.by }, key, at: now(), known: undefined };
  };
  return {
    async token(ask) {
      for (const source of sourcesFor(sources, ask.resource)) {
        const key = JSON.stringify([ask.resource, [...ask.permissions].sort(), sources.indexOf(source)]);
        const found = await getShared(
          ask.signal,
          (make) => cache.get(key, make),
          () => issue(source, ask, key),
        );
        if (found === undefined) continue;
        issued.set(found.token, found);
        return found.token;
      }
      return undefined;
    },
    refused(token, status) {
      const refused = issued.get(token);
      if (refused === undefined || token.expires === undefined) return "no";
      if (now() - refused.at < young) refused.known ??= now() + youngPause;
      if (refused.known !== undefined && now() < refused.known) return { after: refused.known - now() };
      if (status !== 401) return "no";
      cache.drop(refused.key, refused);
      return { after: 0 };
    },
  };
}

/** A token, and what is remembered of it. Times are in milliseconds since 1970. */
interface Issued {
  readonly token: Token;
  readonly key: string;
  readonly at: number;
  /** When it should be known everywhere, once it was refused while it was young. */
  known: number | undefined;
}

/** Returns the sources that a resource's token may come from, the best first. */
function sourcesFor(sources: readonly TokenSource[], resource: string): readonly TokenSource[] {
  const rank = (source: TokenSource): number => source.for.length * order.length - order.indexOf(source.by);
  const fitting = sources.filter((each) => opens(each.for, resource));
  return fitting.reverse().sort((a, b) => rank(b) - rank(a));
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

/** The options of an attempt that needs a token. */
export interface TokenUse extends TokenAsk, Pick<RetryOptions, "doing" | "delay"> {
  /** Returns the status by which the server refused the token; undefined for every other end of an attempt. */
  readonly refusedBy: (ended: Attempted<unknown>) => RefusedStatus | undefined;
}

/** Returns a status of HTTP if it is one that refuses a token. */
export function refusedStatus(status: number | undefined): RefusedStatus | undefined {
  return status === 401 || status === 403 || status === 404 ? status : undefined;
}

/** Calls `use` with a token, and once more, with the next one, when the first was refused and another attempt can help. */
export async function withToken<T>(credentials: Credentials, options: TokenUse, use: (token: Token | undefined) => Promise<T>): Promise<T> {
  let token: Token | undefined;
  const judge = (ended: Attempted<T>): Retry => {
    const status = options.refusedBy(ended);
    return token === undefined || status === undefined ? "no" : credentials.refused(token, status);
  };
  return await retry(async () => await use((token = await credentials.token(options))), judge, { ...options, attempts: 2, firstPause: 0 });
}
