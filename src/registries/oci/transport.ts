import type { IncomingMessage } from "node:http";
import { FairleadError } from "../../core/errors.ts";
import { speaksPlainHttp, type Servers } from "../../core/servers.ts";
import { exchange } from "./exchange.ts";
import { networkFailure } from "./network-failure.ts";
import { retryRequest } from "./retry.ts";

/** One HTTP request, and how much of an answer it takes. */
export interface HttpRequest {
  /** What it is for, as an error message begins: `read ghcr.io/acme/app:1.0`. */
  readonly doing: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A function gives a stream, whose length is in the headers. Such a request is sent once: whoever gave the stream may try again. */
  readonly body?: Uint8Array | (() => AsyncIterable<Uint8Array>);
  /** The longest body of an answer, in bytes. */
  readonly limit: number;
  /** Hands on the body of an answer that is a success as it comes, of any length. */
  readonly stream?: boolean;
  /** Stops it in place of the transport's own signal. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer with its whole body. */
export interface HttpAnswer {
  /** Where it came from, behind all redirects. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Pick<Headers, "get">;
  /** Empty when the body is streamed. */
  readonly bytes: Uint8Array;
  /** What was to be streamed, to be read to its end or given up by `break`. Throws `unavailable` when it breaks off. */
  readonly body?: AsyncIterable<Uint8Array>;
}

/** What waits and what stops. */
export interface TransportOptions {
  readonly servers: Servers;
  readonly signal: AbortSignal;
  /** Waits for some milliseconds, or until the signal is aborted, then it throws. */
  readonly delay: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Speaks HTTP with registries, the servers of their tokens, and where they redirect to. */
export interface Transport {
  /** Sends a request until it has an answer that trying again would not change, or no more tries. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Tells whether a registry at `from` may send us, and a login, to `url`: plain HTTP only from and to hosts that it is allowed to. */
  readonly isSafe: (url: URL, from: URL) => boolean;
}

/** How long one try may take with its whole answer, in milliseconds; a stream may take any time. */
const patience = 60_000;
const redirects = 5;
/** What makes an error page is told in its first bytes. */
const errorLimit = 64 * 1024;

/**
 * Returns a transport that follows redirects itself, so that `Authorization` stays with the host it is for.
 * Throws `unavailable` when the host cannot be reached, `canceled` when the signal was aborted, `unsupported` for what is not
 * safe to follow or too long.
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
  if (url.username !== "" || url.password !== "") return false;
  return (
    url.protocol === "https:" || (url.protocol === "http:" && speaksPlainHttp(url.host, servers) && speaksPlainHttp(from.host, servers))
  );
}

/** Returns the answer, or as an error why the host could not be reached. Throws what no other try would change. */
async function attemptOnce(request: HttpRequest, servers: Servers, signal: AbortSignal): Promise<HttpAnswer | FairleadError> {
  let { url, headers } = request;
  const { doing, method, stream = false } = request;
  const body = typeof request.body === "function" ? request.body() : request.body;
  const late = AbortSignal.timeout(patience);
  const either = stream || typeof request.body === "function" ? signal : AbortSignal.any([signal, late]);
  try {
    for (let followed = 0; followed <= redirects; followed++) {
      const message = await exchange({ method, url, headers, body }, either);
      const next = redirectOf(request, message, url, servers);
      if (next === undefined) return await answerOf(request, message, url);
      await readBody(message, errorLimit); // so that the connection can be used again
      if (next.origin !== url.origin) headers = withoutAuthorization(headers);
      url = next;
    }
  } catch (error) {
    if (error instanceof FairleadError) throw error;
    return networkFailure(doing, url.host, either !== signal && late.aborted ? late.reason : error);
  }
  throw new FairleadError("unsupported", `${doing}: ${request.url.host} redirects more than ${redirects} times`);
}

async function answerOf({ doing, limit, stream }: HttpRequest, message: IncomingMessage, url: URL): Promise<HttpAnswer> {
  const status = message.statusCode ?? 0;
  const ok = status >= 200 && status < 300;
  const answer = { url, status, headers: { get: (name: string) => message.headers[name]?.toString() ?? null } };
  if (ok && stream) return { ...answer, bytes: new Uint8Array(), body: streamBody(doing, message, url) };
  const bytes = await readBody(message, ok ? limit + 1 : errorLimit);
  if (ok && bytes.length > limit) throw new FairleadError("unsupported", `${doing}: the answer is longer than ${limit} bytes`);
  return { ...answer, bytes };
}

/** Only reads are redirected: registries do that for blobs, which lie in object storage. */
function redirectOf({ doing, method, url: first }: HttpRequest, message: IncomingMessage, url: URL, servers: Servers): URL | undefined {
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

/** Reads a body as far as the limit. What is longer is given up, and its connection with it. */
async function readBody(message: IncomingMessage, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

async function* streamBody(doing: string, message: IncomingMessage, url: URL): AsyncGenerator<Uint8Array> {
  try {
    yield* message as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw networkFailure(doing, url.host, error);
  }
}
