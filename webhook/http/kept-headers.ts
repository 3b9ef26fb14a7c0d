import { commonHeaders } from "../receiver/headers.ts";
import type { Receiver } from "../receiver/receiver.ts";

/**
 * Returns the headers of a delivery that are stored: those that its receiver names. All others may hold a secret: GitHub sent webhooks' secrets in a
 * header of its own for months, and whoever had logged all headers had to replace them.
 */
export function keptHeaders(
  { headers: own }: Pick<Receiver, "headers">,
  headers: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const kept = [...commonHeaders, ...own];
  return Object.fromEntries([...headers].filter(([name]) => kept.includes(name)));
}
