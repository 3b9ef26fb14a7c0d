import { isIP } from "node:net";
import { addressKind } from "../../src/http/address.ts";

/** Names that no name server of the internet knows, by RFC 6761, RFC 6762, RFC 8375 and ICANN's word on `.internal`. */
const ownNames = /^localhost$|\.(?:localhost|local|internal|home\.arpa)$/;

/** Returns why nobody on the internet reaches the host of a URL; undefined for an address or a name that may be known there. */
export function unreachable(url: string): string | undefined {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) return addresses[addressKind(host)];
  if (ownNames.test(host)) return "only this machine or its own network knows this name";
  return host.includes(".") ? undefined : "a name without a dot is known in its own network alone";
}

const addresses = {
  public: undefined,
  private: "this address is of a private network",
  loopback: "this address is the own one of each machine",
  forbidden: "this is no address of the internet",
} as const;
