import { lookup, type LookupAddress, type LookupAllOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { FairleadError } from "../core/errors.ts";
import type { Servers } from "../core/servers.ts";
import { addressKind } from "./address.ts";

/** A server that has sent us to another: by a redirect, as its token server, or for an upload. */
export interface Sender {
  /** With its port if the URL has one. */
  readonly host: string;
  /** The address from which it answered; undefined if that is not known. */
  readonly address: string | undefined;
}

/** The target of a request, as far as it decides where we may connect. */
export interface Target {
  readonly doing: string;
  readonly url: URL;
  /** Undefined for a host that the run's own input names. */
  readonly sender: Sender | undefined;
}

/** Looks a name up, as `dns.lookup` does. */
export type Resolve = (
  name: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Returns how the host of a request is looked up: each address is checked, and the connection is to one that was, so that a name whose answer changes
 * meanwhile leads nowhere else. Throws `unsupported` for an address that stands in the URL.
 */
export function guardedLookup(target: Target, servers: Pick<Servers, "plainHttp">, resolve: Resolve = lookup): LookupFunction {
  const hostname = target.url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(hostname) !== 0) assertReachable(hostname, target, servers);
  return (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      const first = error === null ? addresses[0] : undefined;
      if (first === undefined) return callback(error ?? new Error(`${name} has no address`), "");
      try {
        for (const { address } of addresses) assertReachable(address, target, servers);
      } catch (refused) {
        return callback(refused as Error, "");
      }
      if (options.all === true) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };
}

/** Milliseconds in which this machine's own name service answers, if it knows a name at all. */
const lookupPatience = 2_000;

/**
 * Checks the addresses of a host that is asked through a proxy, which looks it up itself. Throws `unsupported` as the lookup would. A name that this machine
 * does not know, or not soon, is the proxy's to judge.
 */
export async function checkProxied(target: Target, servers: Pick<Servers, "plainHttp">, resolve: Resolve = lookup): Promise<void> {
  const hostname = target.url.hostname.replace(/^\[|\]$/g, "");
  const { promise, resolve: found } = Promise.withResolvers<readonly LookupAddress[]>();
  const timer = setTimeout(() => found([]), lookupPatience);
  resolve(hostname, { all: true }, (error, addresses) => found(error === null ? addresses : []));
  const addresses = await promise;
  clearTimeout(timer);
  for (const { address } of addresses) assertReachable(address, target, servers);
}

/**
 * Throws `unsupported` for an address to which no request may go. Nobody sends us to a link-local one. To a private one, or to this machine, only a
 * server may send us that is there itself, or the host is listed.
 */
function assertReachable(address: string, { doing, url, sender }: Target, servers: Pick<Servers, "plainHttp">): void {
  const kind = addressKind(address);
  if (kind === "forbidden") {
    throw new FairleadError("unsupported", `${doing}: ${url.host} is at ${address}, where no server of yours is: ${forbiddenAddress}`);
  }
  if (kind === "public" || sender === undefined || sender.host === url.host) return;
  if (servers.plainHttp.includes(url.host) || (sender.address !== undefined && addressKind(sender.address) === kind)) return;
  throw new FairleadError("unsupported", `${doing}: ${sender.host} sends us to ${url.host}, which is at the ${kind} address ${address}`, {
    hint: `if that is meant, name ${url.host} with --plain-http or servers.plainHttp`,
  });
}

const forbiddenAddress = "such addresses are for one network link, or for a cloud's metadata";
