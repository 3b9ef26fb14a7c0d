/** Bodies and their signatures, as the sources of a door send them. */
import { createHmac } from "node:crypto";
import { secret } from "./door.ts";

export const commit = "4f1c2aa0b5d9f1e6c7a8b9c0d1e2f3a4b5c6d7e8";
export const repository = { html_url: "https://github.com/acme/app", full_name: "acme/app" };

/** A push to `main` of acme/app as GitHub sends it. */
export const push = JSON.stringify({ ref: "refs/heads/main", before: "0".repeat(40), after: commit, repository });

type Headers = Readonly<Record<string, string>>;

/** Returns the headers of a delivery of GitHub. */
export function hubHeaders(body: string | Uint8Array, id = "d-1", event = "push", key = secret): Headers {
  return { "X-GitHub-Event": event, "X-GitHub-Delivery": id, "X-Hub-Signature-256": `sha256=${hmac(body, key)}` };
}

/** Returns the header of a delivery of generic-hmac. */
export function signature(body: string | Uint8Array, key = secret): Headers {
  return { "X-Signature": `sha256=${hmac(body, key)}` };
}

/** Returns the HMAC-SHA256 of a body in hex. */
export function hmac(body: string | Uint8Array, key = secret): string {
  return createHmac("sha256", key).update(body).digest("hex");
}

/** Routes of the source `ci` that tell of each push to any branch of acme/app. */
export function tellRoutes(count: number, source = "ci"): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `tell-${index}`,
    when: { source, kind: "push", repository: "github.com/acme/app", branch: "**" },
    run: "notify",
    with: { message: "${{ event.branch }} is ${{ event.commit }}", to: ["slack:C0RELEASES"] },
  }));
}

/** Returns a push as generic-hmac sends it. */
export function pushOf(branch: string): object {
  return { kind: "push", repository: "github.com/acme/app", branch, commit, before: null };
}
