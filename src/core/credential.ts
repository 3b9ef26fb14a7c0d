import type { Secret } from "./secret.ts";

/** A credential and what it is for. It is never used for anything else. */
export interface Credential {
  /** A host (`ghcr.io`), one repository (`github.com/acme/flux`) or a notifier (`slack`). */
  readonly for: string;
  readonly kind: "token" | "password" | "ssh-key" | "known-hosts";
  readonly username?: string;
  readonly secret: Secret;
}

/**
 * Returns the credential of a kind for a resource such as `github.com/acme/app`: the one that names the most of it, and of
 * two equal ones the later. Undefined when there is none: not every resource needs one.
 */
export function findCredential(
  credentials: readonly Credential[],
  resource: string,
  ...kinds: readonly Credential["kind"][]
): Credential | undefined {
  return credentials
    .filter((each) => kinds.includes(each.kind) && (resource === each.for || resource.startsWith(`${each.for}/`)))
    .reduce<Credential | undefined>((best, each) => (best === undefined || each.for.length >= best.for.length ? each : best), undefined);
}
