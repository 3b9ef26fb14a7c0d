/** Proofs of a sender's identity, over the raw bytes and before anything of them is read. */
import { createHash, createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import type { Endpoint, Opening, Proving } from "./receiver.ts";

type Algorithm = "sha1" | "sha256" | "sha512";
type Prove = (opening: Opening, endpoint: Pick<Endpoint<unknown>, "secrets">) => Proving | undefined;

/** Proof by HMAC over the body: the header is `ALGORITHM=HEX`, of one of these algorithms. */
export function byHmac(header: string, ...algorithms: readonly Algorithm[]): Prove {
  return ({ headers }, { secrets }) => {
    const value = headers.get(header) ?? "";
    const algorithm = algorithms.find((each) => value.startsWith(`${each}=`));
    return algorithm === undefined ? undefined : hmacProof(algorithm, value.slice(algorithm.length + 1), secrets);
  };
}

/** Proof by HMAC over the body: the header is the hex alone. */
export function byBareHmac(header: string, algorithm: Algorithm): Prove {
  return ({ headers }, { secrets }) => hmacProof(algorithm, headers.get(header) ?? "", secrets);
}

/** Proof by a token: the whole header is the secret. */
export function byToken(header: string): Prove {
  return (opening, { secrets }) => provenIf(isOneOf(headerBytes(opening, header), secretKeys(secrets)));
}

/**
 * Proof by the path alone, which whoever called this has checked: it is made of a secret. One that is empty proves nothing, as everywhere.
 */
export function byPath(_opening: Opening, { secrets }: Pick<Endpoint<unknown>, "secrets">): Proving | undefined {
  return provenIf(secrets.length === 0 || secretKeys(secrets).length > 0);
}

/** Returns the proof that does not depend on the body; undefined where the headers have proven nothing. */
export function provenIf(proven: boolean): Proving | undefined {
  return proven ? { update: () => undefined, proven: () => Promise.resolve(true) } : undefined;
}

/** Returns the proof over a part of the body, which is read before it is proven. A body without that part, for which `part` throws, proves nothing. */
export function ofPart(proving: Proving, part: (body: Uint8Array) => string): Proving {
  const pieces: Uint8Array[] = [];
  return {
    update: (piece) => void pieces.push(piece),
    async proven() {
      const text = tryPart(Buffer.concat(pieces), part);
      if (text === undefined) return false;
      proving.update(Buffer.from(text));
      return await proving.proven();
    },
  };
}

function tryPart(body: Uint8Array, part: (body: Uint8Array) => string): string | undefined {
  try {
    return part(body);
  } catch {
    return undefined;
  }
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
export function headerBytes({ headers }: Opening, header: string): Buffer | undefined {
  const value = headers.get(header);
  return value === undefined ? undefined : Buffer.from(value, "latin1");
}

/** Returns what stands behind a scheme of `Authorization`, such as the token of `Bearer TOKEN`: https://www.rfc-editor.org/rfc/rfc9110#section-11.4 */
export function schemeValue({ headers }: Opening, scheme: string): string | undefined {
  const header = headers.get("authorization") ?? "";
  if (!header.toLowerCase().startsWith(`${scheme} `)) return undefined;
  let at = scheme.length;
  while (header[at] === " ") at++;
  return at === header.length ? undefined : header.slice(at);
}

/** Returns the password of `Basic Base64(user:password)`, whatever the user: https://www.rfc-editor.org/rfc/rfc7617#section-2 */
export function basicPassword(opening: Opening): Buffer | undefined {
  const pair = Buffer.from(schemeValue(opening, "basic") ?? "", "base64");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.subarray(colon + 1);
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

function hmacProof(algorithm: Algorithm, hex: string, secrets: readonly Uint8Array[]): Proving | undefined {
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) return undefined;
  const given = Buffer.from(hex, "hex");
  // Of a key that is bytes Node 24 takes longer to find out what it is than for the HMAC of a usual body.
  const hmacs = secretKeys(secrets).map((key) => createHmac(algorithm, createSecretKey(key)));
  return {
    update: (piece) => hmacs.forEach((hmac) => hmac.update(piece)),
    proven: () => Promise.resolve(hmacs.some((hmac) => isSame(hmac.digest(), given))),
  };
}

function isSame(expected: Buffer, given: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
