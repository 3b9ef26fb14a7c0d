import { FairleadError } from "../../core/errors.ts";
import { speaksPlainHttp, type Servers } from "../../core/servers.ts";
import { networkFailure } from "./network-failure.ts";

/** One HTTP request, and how much of an answer it takes. */
export interface HttpRequest {
  /** What it is for, as an error message begins: `read ghcr.io/acme/app:1.0`. */
  readonly doing: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The longest body of an answer, in bytes. */
  readonly limit: number;
}

/** An answer with its whole body. */
export interface HttpAnswer {
  /** Where it came from, behind all redirects. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** What waits and what stops. */
export interface TransportOptions {
  readonly servers: Servers;
  readonly signal: AbortSignal;
  /** Waits for some milliseconds, or until the signal is aborted, then it throws. */
  delay(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Speaks HTTP with registries, the servers of their tokens, and where they redirect to. */
export interface Transport {
  /** Sends a request until it has an answer that trying again would not change, or no more tries. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Tells whether a registry at `from` may send us, and a login, to `url`: plain HTTP only from and to hosts that it is allowed to. */
  readonly isSafe: (url: URL, from: URL) => boolean;
}

const tries = 4;
/** The first pause before another try, in milliseconds; each later one is twice as long. */
const firstPause = 500;
/** The longest that a server's `Retry-After` is followed, in milliseconds. */
const longestPause = 30_000;
/** How long one try may take with its whole answer, in milliseconds. */
const patience = 60_000;
const redirects = 5;
/** What makes an error page is told in its first bytes. */
const errorLimit = 64 * 1024;

/**
 * Returns a transport over `fetch` that follows redirects itself, so that `Authorization` stays with the host it is for.
 * Throws `unavailable` when the host cannot be reached, `canceled` when the signal was aborted, `unsupported` for what is not
 * safe to follow or too long.
 */
export function createTransport(options: TransportOptions): Transport {
  const { signal, servers } = options;
  const send: Transport["send"] = async (request) => {
    try {
      for (let attempt = 1; ; attempt++) {
        const outcome = await attemptOnce(request, options);
        const pause = attempt < tries && !signal.aborted ? pauseBefore(outcome, request, attempt) : undefined;
        if (pause !== undefined) await options.delay(pause, signal);
        else if (outcome instanceof FairleadError) throw outcome;
        else return outcome;
      }
    } catch (error) {
      if (signal.aborted) throw new FairleadError("canceled", `${request.doing}: stopped`, { cause: error });
      throw error;
    }
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
async function attemptOnce(request: HttpRequest, { signal, servers }: TransportOptions): Promise<HttpAnswer | FairleadError> {
  let { url } = request;
  let headers = request.headers;
  const either = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  try {
    for (let followed = 0; followed <= redirects; followed++) {
      const body = request.body === undefined ? {} : { body: Buffer.from(request.body) };
      const response = await fetch(url, { method: request.method, headers, ...body, redirect: "manual", signal: either });
      const next = redirectOf(request, response, url, servers);
      if (next === undefined) return { url, status: response.status, headers: response.headers, bytes: await readBody(request, response) };
      await response.body?.cancel();
      if (next.origin !== url.origin) headers = withoutAuthorization(headers);
      url = next;
    }
  } catch (error) {
    if (error instanceof FairleadError) throw error;
    return networkFailure(request.doing, url.host, error);
  }
  throw new FairleadError("unsupported", `${request.doing}: ${request.url.host} redirects more than ${redirects} times`);
}

/** Only reads are redirected: registries do that for blobs, which lie in object storage. */
function redirectOf({ doing, method, url: first }: HttpRequest, response: Response, url: URL, servers: Servers): URL | undefined {
  const location = response.headers.get("location");
  if ((method !== "GET" && method !== "HEAD") || location === null || ![301, 302, 303, 307, 308].includes(response.status))
    return undefined;
  const next = URL.parse(location, url.href);
  if (next !== null && isSafe(next, first, servers)) return next;
  throw new FairleadError(
    "unsupported",
    `${doing}: ${url.host} redirects to ${next === null ? "no URL" : `${next.protocol}//${next.host}`}`,
  );
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"));
}

/** Reads the body as far as the limit; that of an error as far as it is of use. */
async function readBody({ doing, limit }: HttpRequest, response: Response): Promise<Uint8Array> {
  const most = response.ok ? limit : errorLimit;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= most) continue;
    if (!response.ok) break;
    throw new FairleadError("unsupported", `${doing}: the answer is longer than ${limit} bytes`);
  }
  return Buffer.concat(chunks).subarray(0, most);
}

/** Returns how long to wait before another try, in milliseconds; undefined where none would help or the first may have had its effect. */
function pauseBefore(outcome: HttpAnswer | FairleadError, { method }: HttpRequest, attempt: number): number | undefined {
  const backoff = firstPause * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  const repeatable = method !== "POST";
  if (outcome instanceof FairleadError) return repeatable ? backoff : undefined;
  if (outcome.status === 429 || outcome.status === 503) return retryAfter(outcome.headers) ?? backoff;
  return outcome.status >= 500 && repeatable ? backoff : undefined;
}

/** Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(milliseconds, 0), longestPause);
}
