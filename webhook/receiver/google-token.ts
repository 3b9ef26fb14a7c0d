/**
 * OpenID Connect tokens by which Google's services prove who they are. node:crypto reads the key and checks the signature, and what remains is the
 * list of claims below, so that no library of JSON Web Tokens is needed: https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
 */
import { createPublicKey, verify, type JsonWebKey, type KeyObject } from "node:crypto";
import { field, list, text, tryReadObject } from "./json.ts";

/** The address of Google's keys, which is `jwks_uri` of https://accounts.google.com/.well-known/openid-configuration. */
export const googleKeys = new URL("https://www.googleapis.com/oauth2/v3/certs");

const issuers = ["https://accounts.google.com", "accounts.google.com"];

/** The audience of a token, and its owner. */
export interface Subscriber {
  readonly audience: string;
  /** The e-mail address of the service account that the push subscription has. */
  readonly serviceAccount: string;
}

/** Tells whether a token was issued by Google to this subscriber and is valid at a time. `keys` is Google's JSON Web Key Set. */
export function isGoogleToken(token: string, keys: Uint8Array, subscriber: Subscriber, at: Date): boolean {
  const [header = "", payload = "", signature = "", ...more] = token.split(".");
  const [protectedHeader, claims] = [readPart(header), readPart(payload)];
  if (protectedHeader === undefined || claims === undefined || more.length > 0) return false;
  const key = keyOf(protectedHeader, keys);
  const signed = Buffer.from(`${header}.${payload}`);
  if (key === undefined || !verify("RSA-SHA256", signed, key, Buffer.from(signature, "base64url"))) return false;

  const expires = field(claims, "exp");
  return (
    issuers.includes(text(claims, "iss") ?? "") &&
    text(claims, "aud") === subscriber.audience &&
    text(claims, "email") === subscriber.serviceAccount &&
    field(claims, "email_verified") === true &&
    typeof expires === "number" &&
    at.getTime() / 1000 < expires
  );
}

function readPart(base64: string): object | undefined {
  return tryReadObject(Buffer.from(base64, "base64url"));
}

/** The algorithm is not the token's choice: it is RS256 of an RSA key in the set. `crit` would ask for what is not understood here. */
function keyOf(header: object, keys: Uint8Array): KeyObject | undefined {
  if (text(header, "alg") !== "RS256" || field(header, "crit") !== undefined) return undefined;
  const kid = text(header, "kid");
  const jwk = list(tryReadObject(keys), "keys")?.find((each) => kid !== undefined && text(each, "kid") === kid);
  if (text(jwk, "kty") !== "RSA" || (text(jwk, "alg") ?? "RS256") !== "RS256" || (text(jwk, "use") ?? "sig") !== "sig") return undefined;
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
  } catch {
    return undefined;
  }
}
