import type { IncomingMessage } from "node:http";
import { FairleadError } from "../core/errors.ts";
import { proxiesOf, proxyFor } from "../core/proxy.ts";
import { whyNotAllowed, type PlainHttp } from "../core/server-url.ts";
import { streamBody } from "./body.ts";
import { exchange } from "./exchange.ts";
import { checkProxied, guardedLookup, type Resolve } from "./guard.ts";
import { loginOfProxy, networkFailure } from "./network-failure.ts";

/** What a server has sent us to, such as the signed URL of a file that is kept elsewhere. */
export interface SentOn {
  /** The beginning of an error message: `read artifact 7`. */
  readonly doing: string;
  readonly url: URL;
  /** The server that names the URL: with its port if it has one. */
  readonly from: string;
}

/** The options of such a request. */
export interface SentOnOptions extends PlainHttp {
  /** Ends the request and the reading of its body. */
  readonly signal: AbortSignal;
  readonly resolve?: Resolve;
}

const redirects = 3;

/**
 * Yields the body of what a server has sent us to. It is asked without a credential, and each redirect is judged as the first URL is. Throws `unsupported` for
 * plain HTTP and for an address of a private network or of this machine, except at the server's own host and those of `plainHttp`, and for a link-local one
 * always. Throws `unavailable` for every other answer than 2xx.
 */
export async function* readSentOn({ doing, url, from }: SentOn, options: SentOnOptions): AsyncGenerator<Uint8Array> {
  let at = url;
  for (let followed = 0; followed <= redirects; followed++) {
    const message = await send({ doing, url: at, from }, options);
    const status = message.statusCode ?? 0;
    if (status >= 200 && status < 300) {
      yield* streamBody(doing, message, at);
      return;
    }
    const next = redirectOf(message, status, at);
    message.destroy();
    if (next === undefined) throw new FairleadError("unavailable", `${doing}: ${at.host} answered ${status}`);
    at = next;
  }
  throw new FairleadError("unsupported", `${doing}: ${url.host} redirects more than ${redirects} times`);
}

/** The address of `from` is not known: so no private address is reached for being near to it. */
async function send({ doing, url, from }: SentOn, options: SentOnOptions): Promise<IncomingMessage> {
  const { signal, resolve } = options;
  const why = whyNotAllowed(url, options);
  if (why !== undefined) throw new FairleadError("unsupported", `${doing}: ${from} sends us to ${url.host}: ${why}`, hintFor(url));
  const target = { doing, url, sender: { host: from, address: undefined } };
  const lookup = guardedLookup(target, options, resolve);
  const proxy = proxyFor(url, proxiesOf(process.env));
  const headers = { "user-agent": "fairlead" };
  try {
    if (proxy !== undefined) await checkProxied(target, options, resolve);
    const message = await exchange({ method: "GET", url, headers, body: undefined, lookup, sentBy: from, proxy }, signal);
    if (proxy !== undefined && url.protocol === "http:" && message.statusCode === 407) throw loginOfProxy(doing, url, proxy);
    return message;
  } catch (error) {
    if (error instanceof FairleadError) throw error;
    throw networkFailure(doing, url, signal.aborted ? signal.reason : error);
  }
}

function redirectOf({ headers }: IncomingMessage, status: number, url: URL): URL | undefined {
  if (headers.location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  return URL.parse(headers.location, url.href) ?? undefined;
}

function hintFor({ protocol, host }: URL): { readonly hint?: string } {
  return protocol === "http:" ? { hint: `if that is meant, name ${host} with --plain-http or servers.plainHttp` } : {};
}
