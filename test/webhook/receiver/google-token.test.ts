import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "vitest";
import { isGoogleToken } from "../../../webhook/receiver/google-token.ts";

const at = new Date(1772366400_000);
const subscriber = { audience: "https://fairlead.example/hook", serviceAccount: "push@acme.iam.gserviceaccount.com" };
const claims = {
  ...{ iss: "https://accounts.google.com", aud: subscriber.audience, email: subscriber.serviceAccount },
  ...{ email_verified: true, exp: 1772366401 },
};

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = { ...publicKey.export({ format: "jwk" }), kid: "one", alg: "RS256", use: "sig" };

function tokenOf(payload: object, header: object = { alg: "RS256", kid: "one" }, key = privateKey): string {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), key).toString("base64url")}`;
}

function accepts(token: string, keys: unknown = { keys: [other.publicKey.export({ format: "jwk" }), jwk] }): boolean {
  return isGoogleToken(token, Buffer.from(JSON.stringify(keys)), subscriber, at);
}

test.each([claims, { ...claims, iss: "accounts.google.com" }])("a token with the claims %j is accepted", (payload) => {
  expect(accepts(tokenOf(payload))).toBe(true);
});

test.each([
  ["another issuer", { iss: "https://accounts.google.com.evil.example" }],
  ["no issuer", { iss: undefined }],
  ["another audience", { aud: "https://fairlead.example/hook/" }],
  ["a list of audiences", { aud: [subscriber.audience] }],
  ["another account", { email: "push@evil.iam.gserviceaccount.com" }],
  ["an account that is not verified", { email_verified: false }],
  ["an account that is verified in words", { email_verified: "true" }],
  ["an end that has come", { exp: 1772366400 }],
  ["no end", { exp: undefined }],
  ["an end in words", { exp: "1772366401" }],
])("a token whose claims have %s is refused", (_, change) => {
  expect(accepts(tokenOf({ ...claims, ...change }))).toBe(false);
});

test.each([
  ["another key", tokenOf(claims, undefined, other.privateKey)],
  ["no algorithm", tokenOf(claims, { alg: "none", kid: "one" })],
  ["another algorithm", tokenOf(claims, { alg: "RS512", kid: "one" })],
  ["a key that is not in the set", tokenOf(claims, { alg: "RS256", kid: "two" })],
  ["no key", tokenOf(claims, { alg: "RS256" })],
  ["what it asks to be understood", tokenOf(claims, { alg: "RS256", kid: "one", crit: ["b64"] })],
  ["no signature", tokenOf(claims).replace(/[^.]*$/, "")],
  ["a fourth part", `${tokenOf(claims)}.e30`],
  ["claims that are no object", tokenOf([claims])],
  ["nothing", ""],
])("a token with %s is refused", (_, token) => {
  expect(accepts(token)).toBe(false);
});

test("a token that is signed with the public key as an HMAC secret is refused", () => {
  const text = tokenOf(claims, { alg: "HS256", kid: "one" }).replace(/\.[^.]*$/, "");
  const pem = publicKey.export({ format: "pem", type: "spki" });
  expect(accepts(`${text}.${createHmac("sha256", pem).update(text).digest("base64url")}`)).toBe(false);
});

test.each([
  ["is for encryption", { keys: [{ ...jwk, use: "enc" }] }],
  ["is for another algorithm", { keys: [{ ...jwk, alg: "PS256" }] }],
  ["is no RSA key", { keys: [{ ...jwk, kty: "oct", k: "AAAA" }] }],
  ["is broken", { keys: [{ ...jwk, n: 7 }] }],
  ["is nowhere", { keys: {} }],
  ["is in no set", []],
])("a key set whose key %s proves no token", (_, keys) => {
  expect(accepts(tokenOf(claims), keys)).toBe(false);
});
