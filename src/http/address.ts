import { BlockList, isIPv6 } from "node:net";
import { ipv6Groups } from "../core/ipv6.ts";

/** Where an IP address is. `forbidden`: no server of ours is there, but the metadata of a cloud's machine may be, and with it the machine's credentials. */
export type AddressKind = "public" | "private" | "loopback" | "forbidden";

/** https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry; then the clouds' own addresses for metadata. */
const kinds = {
  forbidden: [
    ...["0.0.0.0/8", "169.254.0.0/16", "192.0.0.192/32", "100.100.100.200/32", "168.63.129.16/32", "224.0.0.0/4", "240.0.0.0/4"],
    ...["fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128", "ff00::/8"],
  ],
  // to connect to no address is to connect to this machine
  loopback: ["127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128"],
  private: [
    ...["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15"],
    ...["fc00::/7", "fec0::/10"],
  ],
} as const;

/** Tells where an address is. One of IPv6 that stands for one of IPv4 is where that is. */
export function addressKind(address: string): AddressKind {
  const plain = address.split("%", 1)[0] ?? "";
  const meant = isIPv6(plain) ? (embedded(plain) ?? plain) : plain;
  const family = isIPv6(meant) ? "ipv6" : "ipv4";
  const order = ["loopback", "forbidden", "private"] as const;
  return order.find((kind) => listed(kind).check(meant, family)) ?? "public";
}

const lists = new Map<string, BlockList>();

function listed(kind: keyof typeof kinds): BlockList {
  const known = lists.get(kind);
  if (known !== undefined) return known;
  const list = new BlockList();
  for (const network of kinds[kind]) {
    const [address = "", bits] = network.split("/");
    list.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4");
  }
  lists.set(kind, list);
  return list;
}

/**
 * Prefixes behind which 32 bits are an address of IPv4, and where these begin in groups of 16: mapped and compatible ones, NAT64, and 6to4.
 * https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5 https://www.rfc-editor.org/rfc/rfc6052#section-2.1 https://www.rfc-editor.org/rfc/rfc3056#section-2
 */
const prefixes: readonly (readonly [prefix: readonly number[], at: number])[] = [
  [[0, 0, 0, 0, 0, 0xffff], 6],
  [[0, 0, 0, 0, 0xffff, 0], 6],
  [[0x64, 0xff9b, 0, 0, 0, 0], 6],
  [[0x64, 0xff9b, 1, 0, 0, 0], 6],
  [[0x2002], 1],
  [[0, 0, 0, 0, 0, 0], 6],
];

/** Returns the address of IPv4 that one of IPv6 stands for. */
function embedded(address: string): string | undefined {
  const groups = ipv6Groups(address);
  const found = prefixes.find(([prefix]) => prefix.every((group, index) => groups[index] === group));
  if (found === undefined || address === "::" || address === "::1") return undefined;
  const [high = 0, low = 0] = groups.slice(found[1], found[1] + 2);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}
