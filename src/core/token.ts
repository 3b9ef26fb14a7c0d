import type { Permission } from "./permission.ts";
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
