/**
 * The headers that are stored of a delivery: those that say what it is. All others may hold a secret: GitHub sent webhooks' secrets in a header of its
 * own for months, and whoever logged all headers had to replace them.
 */
const kept: ReadonlySet<string> = new Set([
  "content-type",
  "user-agent",
  "x-github-event",
  "x-github-delivery",
  "x-github-hook-id",
  "x-gitlab-event",
  "x-gitlab-event-uuid",
  "webhook-id",
  "webhook-timestamp",
  "idempotency-key",
  "x-event-key",
  "x-request-id",
  "x-request-uuid",
  "x-gitea-event",
  "x-gitea-delivery",
  "x-nexus-webhook-id",
  "x-nexus-webhook-delivery",
  "x-delivery-id",
  "x-amz-sns-message-type",
  "ce-id",
  "ce-source",
  "ce-specversion",
  "ce-type",
  "gotk-component",
]);

/** Returns the headers of a delivery that may be stored. */
export function keptHeaders(headers: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries([...headers].filter(([name]) => kept.has(name)));
}
