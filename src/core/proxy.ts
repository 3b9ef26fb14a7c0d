/** The proxies of an environment. */
export interface Proxies {
  /** The URL of the proxy for URLs of plain HTTP; undefined: none. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts to which no proxy leads, as NO_PROXY has them. */
  readonly none: readonly string[];
}

/** This machine, and the addresses at which a cloud tells it who it is: a proxy would answer for a machine of its own. */
const never = [
  "localhost",
  "127.0.0.1",
  "::1",
  "[::1]",
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "fd00:ec2::254",
  "[fd00:ec2::254]",
];

/** Returns the proxies that variables of the environment name. A small name counts before a large one; ALL_PROXY stands in for both, if it is an HTTP proxy. */
export function proxiesOf(env: Readonly<Record<string, string | undefined>>): Proxies {
  const read = (name: string): string => [env[name.toLowerCase()], env[name]].find((value) => value !== undefined && value !== "") ?? "";
  const fallback = /^socks/i.test(read("ALL_PROXY")) ? "" : read("ALL_PROXY");
  const listed = read("NO_PROXY").split(/[\s,]+/);
  return {
    http: asUrl(read("HTTP_PROXY") || fallback),
    https: asUrl(read("HTTPS_PROXY") || fallback),
    none: [...new Set([...listed.filter((each) => each !== ""), ...never])],
  };
}

/** A proxy may be named without its scheme: https://curl.se/libcurl/c/CURLOPT_PROXY.html */
function asUrl(text: string): string | undefined {
  if (text === "") return undefined;
  return /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
}

/** Returns the URL of the proxy through which a URL is asked; undefined: none. */
export function proxyFor(url: URL, proxies: Proxies): string | undefined {
  const proxy = url.protocol === "https:" ? proxies.https : proxies.http;
  return proxy === undefined || proxies.none.some((entry) => isExempt(url, entry)) ? undefined : proxy;
}

/** Returns the proxies as variables for a program, in small names alone: curl does not read HTTP_PROXY. */
export function proxyVariables({ http, https, none }: Proxies): Record<string, string> {
  if (http === undefined && https === undefined) return {};
  return { ...(http !== undefined && { http_proxy: http }), ...(https !== undefined && { https_proxy: https }), no_proxy: none.join(",") };
}

/** A name stands for itself and all below it, with and without a dot before it. A port may follow. Addresses of IPv4 may be a network. */
function isExempt({ hostname, port, protocol }: URL, entry: string): boolean {
  if (entry === "*") return true;
  const lower = entry.toLowerCase();
  // an address of IPv6 has a port behind brackets alone
  const [, host4 = "", host6 = "", only] = /^(?:([^:[\]]*)|(\[[^\]]*\])):(\d{1,5})$/.exec(lower) ?? [undefined, lower];
  const found = `${host4}${host6}`;
  if (only !== undefined && only !== (port || (protocol === "https:" ? "443" : "80"))) return false;
  const bare = found.replace(/^\*?\./, "").replace(/^\[|\]$/g, "");
  const host = hostname.replace(/^\[|\]$/g, "");
  return bare !== "" && (host === bare || host.endsWith(`.${bare}`) || isWithin(host, bare));
}

function isWithin(host: string, network: string): boolean {
  const [base = "", bits] = network.split("/");
  const [address, from] = [numberOf(host), numberOf(base)];
  if (address === undefined || from === undefined || bits === undefined) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(address / size) === Math.floor(from / size);
}

/** Returns an address of IPv4 as a number. */
function numberOf(address: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return undefined;
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
