/** Standard Webhooks, symmetric signatures: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
import { createHmac } from "node:crypto";
import { headerBytes, isOneOf } from "./proof.ts";
import type { Opening, Proving } from "./receiver.ts";

const prefix = "whsec_";

/** Seconds that a timestamp may be off, in either direction. */
const tolerance = 300;

/** Tells whether a secret is a signing token, not a password. */
export function isSigningToken(key: Uint8Array): boolean {
  return Buffer.from(key).toString("latin1").startsWith(prefix);
}

/** Signatures of one delivery that are looked at: one for each signing token that its sender has. */
const mostSignatures = 16;

/**
 * Returns the proof that one of the signatures of a delivery was made by one of the signing tokens, not long before or after the delivery came. It
 * covers the delivery's id and time.
 */
export function bySigningToken(opening: Opening, tokens: readonly Uint8Array[]): Proving | undefined {
  const id = headerBytes(opening, "webhook-id");
  const timestamp = opening.headers.get("webhook-timestamp");
  if (id === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return undefined;
  if (Math.abs(Number(timestamp) - opening.receivedAt.getTime() / 1000) > tolerance) return undefined;
  const given = (opening.headers.get("webhook-signature") ?? "").split(" ", mostSignatures).map((each) => Buffer.from(each));
  const hmacs = tokens
    .flatMap((token) => signingKey(token) ?? [])
    .map((key) => createHmac("sha256", key).update(id).update(`.${timestamp}.`));
  return {
    update: (piece) => hmacs.forEach((hmac) => hmac.update(piece)),
    async proven() {
      const expected = hmacs.map((hmac) => Buffer.from(`v1,${hmac.digest("base64")}`));
      return await Promise.resolve(given.some((signature) => isOneOf(signature, expected)));
    },
  };
}

/** Returns the key of a signing token: the Base64 text behind its prefix. What is not Base64, or nothing, is no key. */
export function signingKey(token: Uint8Array): Buffer | undefined {
  const base64 = Buffer.from(token).toString("latin1").slice(prefix.length);
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, "base64") : undefined;
}
