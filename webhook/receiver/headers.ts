/**
 * Returns headers by their names in lower case, from names and values in the order in which they came. What was sent twice is left out: two readers
 * could take either for the one that counts.
 */
export function collectHeaders(sent: Iterable<readonly [name: string, value: string]>): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const twice = new Set<string>();
  for (const [name, value] of sent) {
    const key = name.toLowerCase();
    if (headers.has(key)) twice.add(key);
    headers.set(key, value.replace(/^[ \t]+|[ \t]+$/g, ""));
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
