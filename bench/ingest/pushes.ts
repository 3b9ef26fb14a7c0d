import { createHmac, randomUUID } from "node:crypto";

/** One request, as it goes over the wire. */
export interface Push {
  /** Its `X-GitHub-Delivery`. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** The options of `makePushes`. */
export interface Making {
  readonly count: number;
  /** A payload of GitHub's, as JSON. */
  readonly payload: string;
  readonly secret: string;
  /** `HOST:PORT`. */
  readonly host: string;
  readonly path: string;
}

/** Returns pushes as GitHub sends them, each of a commit and with an id of its own, signed. */
export function makePushes({ count, payload, secret, host, path }: Making): readonly Push[] {
  const { after } = JSON.parse(payload) as { readonly after: string };
  return Array.from({ length: count }, () => {
    const id = randomUUID();
    const commit = randomUUID().replaceAll("-", "").padEnd(40, "0");
    const body = Buffer.from(payload.replaceAll(after, commit));
    return { id, bytes: Buffer.concat([Buffer.from(headOf(body, id, { secret, host, path })), body]) };
  });
}

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers */
function headOf(body: Buffer, id: string, { secret, host, path }: Pick<Making, "secret" | "host" | "path">): string {
  const sign = (algorithm: string): string => `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`;
  return [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    "User-Agent: GitHub-Hookshot/044aadd",
    `Content-Length: ${body.length}`,
    "Accept: */*",
    "Content-Type: application/json",
    `X-GitHub-Delivery: ${id}`,
    "X-GitHub-Event: push",
    "X-GitHub-Hook-ID: 292430182",
    "X-GitHub-Hook-Installation-Target-ID: 79929171",
    "X-GitHub-Hook-Installation-Target-Type: repository",
    `X-Hub-Signature: ${sign("sha1")}`,
    `X-Hub-Signature-256: ${sign("sha256")}`,
    "",
    "",
  ].join("\r\n");
}
