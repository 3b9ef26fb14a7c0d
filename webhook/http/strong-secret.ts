import { FairleadError } from "../../src/core/errors.ts";
import { secretKeys } from "../receiver/proof.ts";
import { isSigningToken, signingKey } from "../receiver/standard-webhooks.ts";

/** Bytes of the shortest secret that is taken: whoever sees an address, which is a hash of a secret, can try shorter ones one after the other. */
const shortest = 16;
/** Different bytes that it has at least: sixteen random hex digits have fewer once in a hundred million times. */
const fewest = 5;

/** Tells whether a secret of a source, or the key of its path, is too short to be one. */
export function isWeak(secret: Uint8Array): boolean {
  const [key] = secretKeys([secret]).toReversed();
  if (key === undefined) return true;
  const bytes = isSigningToken(key) ? signingKey(key) : key;
  return bytes === undefined || bytes.length < shortest || new Set(bytes).size < fewest;
}

/** Returns what to say of a weak secret, and how to make another. */
export function weaknessOf(secret: Uint8Array): { readonly problem: string; readonly hint: string } {
  const make = isSigningToken(secret) ? `printf 'whsec_%s' "$(openssl rand -base64 32)"` : "openssl rand -hex 32";
  return { problem: `it is shorter than ${shortest} bytes, or has fewer than ${fewest} different ones`, hint: `make one: ${make}` };
}

/** Throws `input` for a secret that can be guessed. `owner` names the source. */
export function assertStrong(owner: string, secret: Uint8Array): void {
  if (!isWeak(secret)) return;
  const { problem, hint } = weaknessOf(secret);
  throw new FairleadError("input", `open sources: a secret of ${owner} can be guessed: ${problem}`, { hint });
}
