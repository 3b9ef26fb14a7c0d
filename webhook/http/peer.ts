import { BlockList, isIP } from "node:net";
import { ipv6Groups } from "../../src/core/ipv6.ts";

const mapped = "::ffff:";

/**
 * Returns the name under which connections from an address are counted: an IPv4 address, or the /64 network of an IPv6 one, which is what a single
 * host is given: https://www.rfc-editor.org/rfc/rfc7421
 */
export function peerOf(address: string): string {
  const plain = withoutMapping(address.toLowerCase());
  if (isIP(plain) !== 6) return plain;
  const network = ipv6Groups(plain.split("%", 1)[0]!).slice(0, 4);
  return `${network.map((group) => group.toString(16)).join(":")}::/64`;
}

/** Returns what tells whether an address is one of these, or in one of these networks, such as `10.0.0.0/8`. */
export function addressList(list: readonly string[]): (address: string) => boolean {
  const known = new BlockList();
  for (const entry of list) {
    const [address = "", bits] = entry.split("/", 2);
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) known.addAddress(address, family);
    else known.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = withoutMapping(address);
    const version = isIP(plain);
    return version !== 0 && known.check(plain, version === 6 ? "ipv6" : "ipv4");
  };
}

/** Tells whether a text is an address or a network, as `addressList` reads it. */
export function isAddressOrNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0 || address.includes("%")) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32));
}

/** A socket that listens to both says of an IPv4 peer `::ffff:192.0.2.1`. */
function withoutMapping(address: string): string {
  return address.startsWith(mapped) && isIP(address.slice(mapped.length)) === 4 ? address.slice(mapped.length) : address;
}
