import type { IncomingMessage } from "node:http";
import { FairleadError } from "../../core/errors.ts";
import { proxiesOf, proxyFor } from "../../core/proxy.ts";
import { whyNotAllowed } from "../../core/server-url.ts";
import { speaksPlainHttp, type Servers } from "../../core/servers.ts";
import { readBody, streamBody } from "../../http/body.ts";
import { exchange } from "../../http/exchange.ts";
import { checkProxied, guardedLookup, type Sender } from "../../http/guard.ts";
import { loginOfProxy, networkFailure } from "../../http/network-failure.ts";
import { retryRequest } from "./retry.ts";

/** One HTTP request, and the limit of its answer. */
export interface TransportRequest {
  /** The beginning of an error message: `read ghcr.io/acme/app:1.0`. */
  readonly doing: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * A function returns a stream, whose length is in the headers. Such a request is sent once: its caller may retry it.
   */
  readonly body?: Uint8Array | (() => AsyncIterable<Uint8Array>);
  /** The longest body of an answer, in bytes. */
  readonly limit: number;
  /** Streams the body of a successful answer, whatever its length. */
  readonly stream?: boolean;
  /** Replaces the transport's own signal. */
  readonly signal?: AbortSignal | undefined;
  /** The server that has sent us to this URL; undefined for a host that the run's own input names. */
  readonly sender?: Sender | undefined;
}

/** An answer with its whole body. */
export interface TransportAnswer {
  /** The URL of the answer, after all redirects. */
  readonly url: URL;
  readonly method: TransportRequest["method"];
  readonly status: number;
  readonly headers: Pick<Headers, "get">;
  /** The address of the server that gave it. */
  readonly peer: string | undefined;
  /** Empty when the body is streamed. */
  readonly bytes: Uint8Array;
  /** The streamed body, to be read to its end or left by `break`. Throws `unavailable` if it is interrupted. */
  readonly body?: AsyncIterable<Uint8Array>;
}

/** The options of a transport. */
export interface TransportOptions {
  readonly servers: Servers;
  readonly signal: AbortSignal;
  /** Waits for some milliseconds, or until the signal is aborted, then it throws. */
  readonly delay: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** HTTP with registries, their token servers, and the targets of their redirects. */
export interface Transport {
  /** Sends a request until a retry would not change its answer, or no attempt is left. */
  send(request: TransportRequest): Promise<TransportAnswer>;
  /**
   * Tells whether a registry at `from` may send us, and a login, to `url`.
   * Plain HTTP is safe only between hosts for which it is configured.
   */
  readonly isSafe: (url: URL, from: URL) => boolean;
}

/** Timeout of one attempt with its whole answer, in milliseconds. A stream has none. */
const patience = 60_000;
const redirects = 5;
/** Bytes of an error page that are read: the beginning names the error. */
const errorLimit = 64 * 1024;

/**
 * Returns a transport that follows redirects itself, so that `Authorization` stays with its host.
 * Throws `unavailable` if the host cannot be reached, `canceled` if the signal was aborted. Throws `unsupported` for an
 * unsafe redirect and for an answer that is too long.
 */
export function createTransport({ servers, ...options }: TransportOptions): Transport {
  const send: Transport["send"] = async (request) => {
    const { doing, method, body, signal = options.signal } = request;
    const attempts = typeof body === "function" ? { attempts: 1 } : {};
    const persistence = { doing, signal, delay: options.delay, effect: method === "POST", ...attempts };
    return retryRequest(() => attemptOnce(request, servers, signal), persistence);
  };
  return { send, isSafe: (url, from) => isSafe(url, from, servers) };
}

function isSafe(url: URL, from: URL, servers: Servers): boolean {
  return whyNotAllowed(url, servers) === undefined && (url.protocol === "https:" || speaksPlainHttp(from.host, servers));
}

/** Returns the answer, or the error of a host that cannot be reached. Throws errors that a retry would not change. */
async function attemptOnce(request: TransportRequest, servers: Servers, signal: AbortSignal): Promise<TransportAnswer | FairleadError> {
  let { url, headers, sender } = request;
  const { doing, method, stream = false } = request;
  const body = typeof request.body === "function" ? request.body() : request.body;
  const late = AbortSignal.timeout(patience);
  const either = stream || typeof request.body === "function" ? signal : AbortSignal.any([signal, late]);
  try {
    for (let followed = 0; followed <= redirects; followed++) {
      const target = { doing, url, sender };
      const lookup = guardedLookup(target, servers);
      const proxy = proxyFor(url, proxiesOf(process.env));
      if (proxy !== undefined) await checkProxied(target, servers);
      const message = await exchange({ method, url, headers, body, lookup, sentBy: sender?.host, proxy }, either);
      // the address of a proxy says nothing of the server's
      const peer = proxy === undefined ? message.socket.remoteAddress : undefined;
      if (proxy !== undefined && url.protocol === "http:" && message.statusCode === 407) throw loginOfProxy(doing, url, proxy);
      const next = redirectOf(request, message, url, servers);
      if (next === undefined) return await answerOf(request, message, url, peer);
      await readBody(message, errorLimit); // so that the connection can be used again
      if (next.origin !== url.origin) headers = withoutAuthorization(headers);
      sender = { host: url.host, address: peer };
      url = next;
    }
  } catch (error) {
    if (error instanceof FairleadError) throw error;
    const failure = networkFailure(doing, url, either !== signal && late.aborted ? late.reason : error);
    if (failure.code === "unavailable") return failure;
    throw failure;
  }
  throw new FairleadError("unsupported", `${doing}: ${request.url.host} redirects more than ${redirects} times`);
}

async function answerOf(
  { doing, method, limit, stream }: TransportRequest,
  message: IncomingMessage,
  url: URL,
  peer: string | undefined,
): Promise<TransportAnswer> {
  const status = message.statusCode ?? 0;
  const ok = status >= 200 && status < 300;
  const answer = { url, method, status, peer, headers: { get: (name: string) => message.headers[name]?.toString() ?? null } };
  if (ok && stream) return { ...answer, bytes: new Uint8Array(), body: streamBody(doing, message, url) };
  const bytes = await readBody(message, ok ? limit + 1 : errorLimit);
  if (ok && bytes.length > limit) throw new FairleadError("unsupported", `${doing}: the answer is longer than ${limit} bytes`);
  return { ...answer, bytes };
}

/** Only reads are redirected: registries redirect blobs to object storage. */
function redirectOf(
  { doing, method, url: first }: TransportRequest,
  message: IncomingMessage,
  url: URL,
  servers: Servers,
): URL | undefined {
  const { location } = message.headers;
  if ((method !== "GET" && method !== "HEAD") || location === undefined || ![301, 302, 303, 307, 308].includes(message.statusCode ?? 0))
    return undefined;
  const next = URL.parse(location, url.href);
  if (next !== null && isSafe(next, first, servers)) return next;
  message.destroy();
  const where = next === null ? "no URL" : `${next.protocol}//${next.host}`;
  throw new FairleadError("unsupported", `${doing}: ${url.host} redirects to ${where}`);
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"));
}
