/** Permissions, for the doubles that know tokens. */

/** The permissions of a token: repositories as `owner/name`, or `*` for all. Write includes read. */
export interface Grant {
  readonly login?: string | undefined;
  readonly read?: readonly string[] | undefined;
  readonly write?: readonly string[] | undefined;
  /** Of the token of an App's installation: its permissions by their names, such as `pull_requests`. */
  readonly installation?: { readonly permissions: Readonly<Record<string, "read" | "write" | "admin">> } | undefined;
}

export type Grants = Readonly<Record<string, Grant>>;

export function mayWrite(grant: Grant | undefined, repository: string): boolean {
  return covers(grant?.write, repository);
}

export function mayRead(grant: Grant | undefined, repository: string): boolean {
  return covers(grant?.read, repository) || mayWrite(grant, repository);
}

/** Names of repositories are not case-sensitive: https://docs.github.com/en/repositories */
function covers(list: readonly string[] | undefined, repository: string): boolean {
  return (list ?? []).some((name) => name === "*" || name.toLowerCase() === repository.toLowerCase());
}

/** The token of an `Authorization` header: `Bearer`, `token`, or Basic with the token as password, or as name without one. */
export function readToken(header: string | undefined): string | undefined {
  const [scheme = "", value = ""] = (header ?? "").split(/\s+/, 2);
  if (/^(bearer|token)$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const [name = "", ...password] = Buffer.from(value, "base64").toString().split(":");
  const token = password.join(":");
  return token === "" || token === "x-oauth-basic" ? name : token;
}
