import type { FairleadError } from "./errors.ts";

/** What an entry point knows of a credential that is wanted. */
export interface CredentialWords {
  /** How it is given there, each an imperative: `export TOKEN=…`. */
  readonly ways: readonly string[];
  /** The name of the one that was used; undefined where none was. */
  readonly used: string | undefined;
}

/** Returns the hint of an error that another credential would have prevented: what else may help, then what an entry point says of it. */
export function credentialHint({ code, hint }: FairleadError, { ways, used }: CredentialWords): string | undefined {
  if (used === undefined) return join(hint, ways.join(", or "));
  if (code === "not_found") return join(hint ?? "check its name", `that ${used} may read it`);
  if (code === "unauthenticated") return join(hint, `check ${used}: it may be wrong or expired`);
  return hint === undefined ? `check ${used}` : `${hint} (this run used ${used})`;
}

function join(...parts: readonly (string | undefined)[]): string | undefined {
  return parts.filter((part) => part !== undefined && part !== "").join(", and ") || undefined;
}
