import { trim } from "../../src/core/text/trim.ts";
import type { Receiver } from "./receiver.ts";

/** Headers that say what any delivery is. */
export const commonHeaders: readonly string[] = ["content-type", "user-agent"];

/**
 * Returns the headers that a receiver names by their names in lower case, from names and values in the order in which they came. All others are left
 * out. What was sent twice is left out too: two readers could take either for the one that counts.
 */
export function collectHeaders(
  sent: Iterable<readonly [name: string, value: string]>,
  { headers: own, proofHeaders }: Pick<Receiver, "headers" | "proofHeaders">,
): ReadonlyMap<string, string> {
  const named = new Set([...commonHeaders, ...own, ...proofHeaders]);
  const headers = new Map<string, string>();
  const twice = new Set<string>();
  for (const [name, value] of sent) {
    const key = name.toLowerCase();
    if (!named.has(key)) continue;
    if (headers.has(key)) twice.add(key);
    headers.set(key, trim(value, " \t"));
  }
  for (const key of twice) headers.delete(key);
  return headers;
}

/** Returns a header's value, or null if there is none or an empty one. */
export function headerOrNull(headers: ReadonlyMap<string, string>, name: string): string | null {
  const value = headers.get(name) ?? "";
  return value === "" ? null : value;
}

/** Returns the media type of a request's body in lower case and without parameters; "" if it has none. */
export function mediaType(headers: ReadonlyMap<string, string>): string {
  return (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
