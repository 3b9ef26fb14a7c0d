/** Standard Webhooks, symmetric signatures: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
import { createHmac } from "node:crypto";
import { headerBytes, isEqual } from "./proof.ts";
import type { Delivery } from "./receiver.ts";

const prefix = "whsec_";

/** Seconds that a timestamp may be off, in either direction. */
const tolerance = 300;

/** Tells whether a secret is a signing token, not a password. */
export function isSigningToken(key: Uint8Array): boolean {
  return Buffer.from(key).toString("latin1").startsWith(prefix);
}

/** Tells whether one of the signatures of a delivery was made by one of the signing tokens, not long before or after the delivery came. */
export function isSigned(delivery: Delivery, tokens: readonly Uint8Array[]): boolean {
  const id = headerBytes(delivery, "webhook-id");
  const timestamp = delivery.headers.get("webhook-timestamp");
  if (id === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(Number(timestamp) - delivery.receivedAt.getTime() / 1000) > tolerance) return false;
  const message = Buffer.concat([id, Buffer.from(`.${timestamp}.`), delivery.body]);
  const given = (delivery.headers.get("webhook-signature") ?? "").split(" ").map((each) => Buffer.from(each));
  return tokens.some((token) => {
    const key = keyOf(token);
    if (key === undefined) return false;
    const expected = Buffer.from(`v1,${createHmac("sha256", key).update(message).digest("base64")}`);
    return given.some((signature) => isEqual(signature, expected));
  });
}

/** The key is the Base64 text behind the prefix. What is not Base64, or nothing, is no key. */
function keyOf(token: Uint8Array): Buffer | undefined {
  const base64 = Buffer.from(token).toString("latin1").slice(prefix.length);
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, "base64") : undefined;
}
