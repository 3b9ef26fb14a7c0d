import type { TokenOrigin } from "./token.ts";
import { opens } from "./opens.ts";
import { oneLineSecret } from "./one-line-secret.ts";
import type { Secret } from "./secret.ts";
import type { TokenSource } from "./token-source.ts";

/**
 * Returns the resource that the credential of a notifier is for: `notifier:NAME`. No host can be called so, and so no server that bears a
 * notifier's name gets its token.
 */
export function notifierResource(name: string): string {
  return `notifier:${name}`;
}

/** A credential and what it is for. It is never used for anything else. */
export interface Credential {
  /** A host (`ghcr.io`), one repository (`github.com/acme/fleet`) or a notifier (`notifierResource`). */
  readonly for: string;
  readonly kind: "token" | "password" | "ssh-key" | "known-hosts" | "app";
  readonly username?: string;
  /** Of an app of a Git provider: its ID. The secret is its private key. */
  readonly app?: string;
  readonly secret: Secret;
}

/**
 * Returns the credential of a kind for a resource such as `github.com/acme/app`: the one that names the most of it, and of
 * two equal ones the later. Undefined when there is none: not every resource needs one. Tokens are asked of `Credentials`.
 */
export function findCredential(
  credentials: readonly Credential[],
  resource: string,
  kind: Exclude<Credential["kind"], "token" | "app">,
): Credential | undefined {
  return credentials
    .filter((each) => each.kind === kind && opens(each.for, resource))
    .reduce<Credential | undefined>((best, each) => (best === undefined || each.for.length >= best.for.length ? each : best), undefined);
}

/** Returns the tokens among credentials as sources. They have no end that anybody knows. */
export function tokenSources(by: TokenOrigin, credentials: readonly Credential[]): readonly TokenSource[] {
  return credentials
    .filter(({ kind }) => kind === "token")
    .map(({ for: resource, username, secret }) => {
      const value = oneLineSecret(secret);
      return { for: resource, by, username, fetch: () => Promise.resolve({ value, expires: undefined }) };
    });
}
