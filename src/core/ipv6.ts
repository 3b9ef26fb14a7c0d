/** Returns the eight groups of an address of IPv6 without a zone. https://www.rfc-editor.org/rfc/rfc4291#section-2.2 */
export function ipv6Groups(address: string): readonly number[] {
  const normal = new URL(`http://[${address}]`).hostname.slice(1, -1); // its last groups may be written as IPv4: a URL writes none so
  const [before = [], after] = normal.split("::").map((part) => (part === "" ? [] : part.split(":").map((group) => parseInt(group, 16))));
  return after === undefined ? before : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** Returns a host as it stands in a URL: an address of IPv6 in brackets. https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2 */
export function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host.replace("%", "%25")}]` : host;
}

/** Returns a host without the brackets of an IPv6 address. */
export function unbracketed(host: string): string {
  return /^\[.*\]$/.test(host) ? host.slice(1, -1) : host;
}
