/** Proofs of a sender's identity, over the raw bytes and before anything of them is read. */
import { createHash, createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import type { Delivery, Endpoint, Verified } from "./receiver.ts";

type Algorithm = "sha1" | "sha256" | "sha512";
type Verify = (delivery: Delivery, endpoint: Pick<Endpoint<unknown>, "secrets">) => Promise<Verified | undefined>;

/** Proof by HMAC over the body: the header is `ALGORITHM=HEX`, of one of these algorithms. */
export function byHmac(header: string, ...algorithms: readonly Algorithm[]): Verify {
  return (delivery, { secrets }) => {
    const [, algorithm, hex] = /^(\w+)=(.*)$/.exec(delivery.headers.get(header) ?? "") ?? [];
    const accepted = algorithms.find((each) => each === algorithm);
    return verifiedIf(accepted !== undefined && isHmac(accepted, delivery.body, hex, secrets), delivery);
  };
}

/** Proof by HMAC over the body: the header is the hex alone. */
export function byBareHmac(header: string, algorithm: Algorithm): Verify {
  return (delivery, { secrets }) => verifiedIf(isHmac(algorithm, delivery.body, delivery.headers.get(header), secrets), delivery);
}

/** Proof by a token: the whole header is the secret. */
export function byToken(header: string): Verify {
  return (delivery, { secrets }) => verifiedIf(isOneOf(headerBytes(delivery, header), secretKeys(secrets)), delivery);
}

/**
 * Proof by the path alone, which whoever called this has checked: it is made of a secret. One that is empty proves nothing, as everywhere.
 */
export function byPath(delivery: Delivery, { secrets }: Pick<Endpoint<unknown>, "secrets">): Promise<Verified | undefined> {
  return verifiedIf(secrets.length === 0 || secretKeys(secrets).length > 0, delivery);
}

/** Returns the delivery as a verified one if it is proven. Nothing else makes one. */
export function verifiedIf(proven: boolean, delivery: Delivery): Promise<Verified | undefined> {
  return Promise.resolve(proven ? (delivery as Verified) : undefined);
}

/**
 * Returns the keys that the secrets are: the content of each file and, if it ends in a line break, which editors leave there, the bytes before it.
 * A file that is empty without its line break is no key.
 */
export function secretKeys(secrets: readonly Uint8Array[]): Buffer[] {
  return secrets.flatMap((secret) => {
    const all = Buffer.from(secret);
    const end = all.at(-1) !== 0x0a ? all.length : all.at(-2) === 0x0d ? all.length - 2 : all.length - 1;
    if (end === 0) return [];
    return end === all.length ? [all] : [all, all.subarray(0, end)];
  });
}

/** Returns a header's bytes as they came: Node reads them as Latin-1. */
export function headerBytes(delivery: Delivery, header: string): Buffer | undefined {
  const value = delivery.headers.get(header);
  return value === undefined ? undefined : Buffer.from(value, "latin1");
}

/** Tells whether the bytes are one of the keys. */
export function isOneOf(given: Uint8Array | undefined, keys: readonly Uint8Array[]): boolean {
  return given !== undefined && keys.some((key) => isEqual(given, key));
}

/** Tells whether two texts of bytes are the same, in a time that does not tell where they differ, nor their lengths: their hashes are compared. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  const hash = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
  return timingSafeEqual(hash(a), hash(b));
}

function isHmac(algorithm: Algorithm, body: Uint8Array, hex: string | undefined, secrets: readonly Uint8Array[]): boolean {
  if (hex === undefined || !/^([0-9a-f]{2})+$/i.test(hex)) return false;
  const given = Buffer.from(hex, "hex");
  return secretKeys(secrets).some((key) => {
    // Of a key that is bytes Node 24 takes longer to find out what it is than for the HMAC of a usual body.
    const expected = createHmac(algorithm, createSecretKey(key)).update(body).digest();
    return hex.length === 2 * expected.length && timingSafeEqual(given, expected);
  });
}
