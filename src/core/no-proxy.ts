import { ipv6Groups, unbracketed } from "./ipv6.ts";

/** A host to which no proxy leads, as an entry of NO_PROXY names it. */
export interface Exemption {
  /** Undefined: at every port. */
  readonly port: string | undefined;
  readonly hosts: "all" | Network | { readonly name: string };
}

/** The addresses that begin with the same bits, as eight groups of IPv6. Those of IPv4 are the ones that are mapped into it. */
interface Network {
  readonly base: readonly number[];
  readonly bits: number;
}

/** Returns what an entry of NO_PROXY means; undefined for what is no host and no network, such as `10.0.0.0/`. A port may follow, behind IPv6 in brackets. */
export function parseExemption(entry: string): Exemption | undefined {
  const [, host = entry, port] = /^([^:[\]]*|\[[^\]]*\](?:\/\d+)?):(\d{1,5})$/.exec(entry) ?? [];
  if (host === "*") return { port, hosts: "all" };
  const network = parseNetwork(host);
  if (network !== undefined) return { port, hosts: network };
  const name = parseName(host);
  return name === undefined ? undefined : { port, hosts: { name } };
}

/** Tells whether an entry names the host of a URL. A name stands for itself and all below it; an address for itself, however it is written. */
export function isExempt(url: URL, { port, hosts }: Exemption): boolean {
  if (port !== undefined && port !== (url.port || (url.protocol === "https:" ? "443" : "80"))) return false;
  if (hosts === "all") return true;
  const address = groupsOf(url.hostname);
  if ("base" in hosts) return address !== undefined && isWithin(address, hosts);
  const host = url.hostname.replace(/\.$/, "");
  return address === undefined && (host === hosts.name || host.endsWith(`.${hosts.name}`));
}

/**
 * Returns an entry as programs read it that compare texts: a name by itself and with a dot before it, since some of them take either for the name alone.
 */
export function spellings(entry: string): readonly string[] {
  const parsed = parseExemption(entry);
  if (parsed === undefined) return [];
  const { port, hosts } = parsed;
  if (typeof hosts === "string" || "base" in hosts) return [entry.toLowerCase()];
  return [hosts.name, `.${hosts.name}`].map((name) => (port === undefined ? name : `${name}:${port}`));
}

function parseNetwork(text: string): Network | undefined {
  const [, host = text, size] = /^(.*)\/(\d{1,3})$/.exec(text) ?? [];
  const base = groupsOf(host.replace(/^\*?\./, ""));
  if (base === undefined) return undefined;
  const width = host.includes(":") ? 128 : 32;
  const wanted = size === undefined ? width : Number(size);
  return wanted > width ? undefined : { base, bits: 128 - width + wanted };
}

/** Returns a name as it is in a URL: lower case, an international one in its ASCII form, without dots around it. Numbers are no name. */
function parseName(text: string): string | undefined {
  const bare = text.replace(/^\*?\./, "").replace(/\.$/, "");
  if (/^[\d.]*$/.test(bare) || /[/:[\]*]/.test(bare)) return undefined;
  return /^[\x21-\x7e]+$/.test(bare) ? bare.toLowerCase() : URL.parse(`http://${bare}`)?.hostname;
}

/** Returns an address as the eight groups of IPv6; undefined for what is none. */
function groupsOf(host: string): readonly number[] | undefined {
  const text = unbracketed(host).replace(/\.$/, "");
  if (text.includes(":")) return URL.canParse(`http://[${text}]`) ? ipv6Groups(text) : undefined;
  const octets = text.split(".");
  if (octets.length !== 4 || !octets.every((each) => /^(0|[1-9]\d{0,2})$/.test(each) && Number(each) < 256)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
  return [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d];
}

function isWithin(address: readonly number[], { base, bits }: Network): boolean {
  return base.every((group, at) => {
    const ignored = Math.min(Math.max(16 * (at + 1) - bits, 0), 16);
    return group >> ignored === (address[at] ?? 0) >> ignored;
  });
}
