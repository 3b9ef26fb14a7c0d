/** Sends small bodies, signed or not, to a receiver by its name. */
import { createHmac } from "node:crypto";
import { collectHeaders } from "../../webhook/receiver/headers.ts";
import { receive, wholeBody, type Received } from "../../webhook/receive.ts";
import type { KeyFetcher } from "../../webhook/receiver/receiver.ts";
import { receivers } from "../../webhook/receivers/index.ts";

export const secret = "hush";
export const commit = "4f1c2aa0b5d9f1e6c7a8b9c0d1e2f3a4b5c6d7e8";
export const before = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
export const zero = "0".repeat(40);
export const digest = `sha256:${"1a".repeat(32)}`;
/** In Unix seconds. */
export const now = 1772366400;
const repository = { html_url: "https://github.com/acme/app", full_name: "acme/app" };

/** A push as GitHub and Gitea send it, and the event that it is. */
export const push = { ref: "refs/heads/main", before, after: commit, repository };
export const pushed = { source: "github", delivery: "1", kind: "push", repository: "github.com/acme/app", branch: "main", commit, before };

export interface Sent {
  readonly source: string;
  readonly body: string | Uint8Array | object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly options?: object;
  readonly method?: string;
  readonly fetcher?: KeyFetcher;
}

const nobody: KeyFetcher = { get: () => Promise.reject(new Error("nobody is to be asked")) };

function bytesOf(body: Sent["body"]): Buffer {
  return Buffer.from(typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body));
}

/** Sends a request to an endpoint that has the secret unless told. */
export function post({
  source,
  body,
  headers = {},
  secrets = [secret],
  options = {},
  method = "POST",
  fetcher = nobody,
}: Sent): Promise<Received> {
  const receiver = receivers.find(({ name }) => name === source)!;
  const endpoint = { secrets: secrets.map((each) => Buffer.from(each)), options: receiver.options.parse(options) };
  const sent = collectHeaders(Object.entries({ "Content-Type": "application/json", ...headers }), receiver);
  const request = { method, headers: sent, body: wholeBody(bytesOf(body)), receivedAt: new Date(now * 1000) };
  return receive(receiver, endpoint, request, fetcher);
}

/** Returns the HMAC of a body in hex. */
export function sign(body: Sent["body"], key = secret, algorithm = "sha256"): string {
  return createHmac(algorithm, key).update(bytesOf(body)).digest("hex");
}

/** A delivery of GitHub, signed by `key`. */
export function hub(event: string, body: Sent["body"], key = secret, source = "github"): Sent {
  const headers = { "X-GitHub-Event": event, "X-GitHub-Delivery": "1", "X-Hub-Signature-256": `sha256=${sign(body, key)}` };
  return { source, body, headers };
}
