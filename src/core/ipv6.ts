/** Returns the eight groups of an address of IPv6 without a zone. https://www.rfc-editor.org/rfc/rfc4291#section-2.2 */
export function ipv6Groups(address: string): readonly number[] {
  const normal = new URL(`http://[${address}]`).hostname.slice(1, -1); // its last groups may be written as IPv4: a URL writes none so
  const [before = [], after] = normal.split("::").map((part) => (part === "" ? [] : part.split(":").map((group) => parseInt(group, 16))));
  return after === undefined ? before : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
