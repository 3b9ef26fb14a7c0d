/** Sends any body as the source of a saved request would, with a proof that is right, and without one. */
import { createHmac } from "node:crypto";
import type { KeyFetcher } from "../../webhook/receiver/receiver.ts";
import { receive, wholeBody, type Received } from "../../webhook/receive.ts";
import { collectHeaders } from "../../webhook/receiver/headers.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import type { SavedCase } from "./cases.ts";
import type { Sns } from "./receiver/sns.ts";

type Headers = Readonly<Record<string, string>>;

const proofHeaders = [
  "authorization",
  "webhook-signature",
  "x-api-key",
  "x-gitea-signature",
  "x-gitlab-token",
  "x-hub-signature",
  "x-hub-signature-256",
  "x-nexus-webhook-signature",
  "x-signature",
];

/** What the header of a source is for a body and a secret, where the body has a part in its proof. */
const signatures: Readonly<Record<string, (body: Uint8Array, secret: string) => Headers>> = {
  "bitbucket-cloud": (body, secret) => ({ "x-hub-signature": `sha256=${hmac("sha256", secret, body)}` }),
  "bitbucket-server": (body, secret) => ({ "x-hub-signature": `sha256=${hmac("sha256", secret, body)}` }),
  flux: (body, secret) => ({ "x-signature": `sha256=${hmac("sha256", secret, body)}` }),
  "generic-hmac": (body, secret) => ({ "x-signature": `sha512=${hmac("sha512", secret, body)}` }),
  ghcr: (body, secret) => ({ "x-hub-signature-256": `sha256=${hmac("sha256", secret, body)}` }),
  gitea: (body, secret) => ({ "x-gitea-signature": hmac("sha256", secret, body) }),
  github: (body, secret) => ({ "x-hub-signature-256": `sha256=${hmac("sha256", secret, body)}` }),
  nexus: (body, secret) => ({ "x-nexus-webhook-signature": hmac("sha1", secret, body) }),
};

/** What the header is where it is a token. */
const tokens: Readonly<Record<string, (secret: string) => Headers>> = {
  "azure-devops": (secret) => ({ authorization: `Basic ${Buffer.from(`anybody:${secret}`).toString("base64")}` }),
  ecr: (secret) => ({ "x-api-key": secret }),
  gitlab: (secret) => ({ "x-gitlab-token": secret }),
  harbor: (secret) => ({ authorization: secret }),
  spinnaker: (secret) => ({ authorization: `Basic ${Buffer.from(`anybody:${secret}`).toString("base64")}` }),
};

/** Sends a body with a proof that is right. Of SNS, the body is one that `sns` has signed. */
export function sendProven(saved: SavedCase, body: Uint8Array, sns: Sns): Promise<Received> {
  const secret = (saved.request.secret ?? "").trimEnd();
  const token = secret.startsWith("whsec_") ? signedByGitLab(saved, secret, body) : tokens[saved.source]?.(secret);
  const proof = saved.request.secret === null ? googleToken(saved) : (signatures[saved.source]?.(body, secret) ?? token);
  return send(saved, { ...withoutProof(saved), ...proof }, body, sns);
}

/** Sends a body without any proof. */
export function sendUnproven(saved: SavedCase, body: Uint8Array, sns: Sns): Promise<Received> {
  return send(saved, withoutProof(saved), body, sns);
}

/** Sends a body with the headers of a case, where somebody asks for its kind. */
export function send(saved: SavedCase, headers: Headers, body: Uint8Array, sns: Sns): Promise<Received> {
  const { jwks, ...options } = saved.request.options ?? {};
  const receiver = receivers.find(({ name }) => name === saved.source)!;
  const secrets = saved.request.secret === null ? [] : [Buffer.from(saved.request.secret)];
  const receivedAt = new Date((saved.request.now ?? 1772366400) * 1000);
  const keys: KeyFetcher = jwks === undefined ? sns : { get: () => Promise.resolve(Buffer.from(JSON.stringify(jwks))) };
  const request = { method: "POST", headers: collectHeaders(Object.entries(headers), receiver), body: wholeBody(body), receivedAt };
  return receive(receiver, { secrets, options: receiver.options.parse(options), asked: new Set(saved.asked?.asked) }, request, keys);
}

/** A body that was sent as what it is not is sent as JSON. */
function withoutProof({ request, expected }: SavedCase): Headers {
  const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const kept = headers.filter(([name]) => !proofHeaders.includes(name));
  return { ...Object.fromEntries(kept), ...(expected.status === 415 ? { "content-type": "application/json" } : {}) };
}

/** A token says nothing of the body: the one of the case is as good for another. */
function googleToken({ request }: SavedCase): Headers {
  const token = request.headers.Authorization;
  return token === undefined ? {} : { authorization: token };
}

function signedByGitLab({ request }: SavedCase, secret: string, body: Uint8Array): Headers {
  const message = Buffer.concat([Buffer.from(`${request.headers["webhook-id"]}.${request.headers["webhook-timestamp"]}.`), body]);
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return { "webhook-signature": `v1,${createHmac("sha256", key).update(message).digest("base64")}` };
}

function hmac(algorithm: string, secret: string, body: Uint8Array): string {
  return createHmac(algorithm, secret).update(body).digest("hex");
}
