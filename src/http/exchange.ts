import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import type { LookupFunction } from "node:net";

/** A request that is sent once: no redirect is followed and nothing is retried. */
export interface Sending {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is sent no faster than the server takes it. `content-length` must have its length. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Looks up the host, and says which addresses may be connected to. */
  readonly lookup: LookupFunction;
  /** The host that has sent us to this one: it is given no connection that was opened for a host of our own choice, or of another's. */
  readonly sentBy: string | undefined;
  /** The URL of the proxy through which the host is asked; undefined: none. A proxy looks names up itself. */
  readonly proxy: string | undefined;
}

/** Milliseconds without data until a connection times out: a registry may need minutes to store what it got. */
const silence = 300_000;

/**
 * Returns the head of the server's answer; its body is still to be read. Throws Node's errors and those of the body's
 * stream.
 * It uses Node's own HTTP client, since `fetch` reads a body's stream into memory faster than it sends it.
 */
export async function exchange(sending: Sending, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, url, headers, body, lookup } = sending;
  const http = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const whole = body === undefined || body instanceof Uint8Array;
  const length: Record<string, string> = body instanceof Uint8Array ? { "content-length": String(body.length) } : {};
  const agent = await agentFor(sending);
  const options = { method, headers: { ...length, ...headers }, signal, timeout: silence, agent };
  const request = http.request(url, sending.proxy === undefined ? { ...options, lookup } : options);
  request.on("timeout", () => request.destroy(Object.assign(new Error("nothing came"), { code: "ETIMEDOUT" })));
  const answered = new Promise<IncomingMessage>((resolve, reject) => request.once("response", resolve).on("error", reject));
  try {
    if (whole) request.end(body);
    else await write(request, body, answered);
    const message = await answered;
    if (!request.writableEnded) message.once("end", () => request.destroy()); // the rest of the body is never sent
    return message;
  } catch (error) {
    request.destroy();
    // the server had closed a kept-alive connection: https://nodejs.org/api/http.html#requestreusedsocket
    if (whole && request.reusedSocket && !signal.aborted && codeOf(error) === "ECONNRESET") return exchange(sending, signal);
    throw error;
  }
}

const agents = new Map<string, Agent>();

/** Returns the connections of one way to hosts, kept as Node keeps its own: Node's own agents take proxies of the environment by rules of their own. */
async function agentFor({ url, sentBy, proxy }: Sending): Promise<Agent> {
  const way = JSON.stringify([url.protocol, sentBy ?? null, proxy]);
  const known = agents.get(way);
  if (known !== undefined) return known;
  const { Agent } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const proxyEnv = proxy === undefined ? undefined : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const made = new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5_000, proxyEnv });
  agents.set(way, made);
  return made;
}

/** Ends early if the server does: it may refuse before it has read everything. */
async function write(request: ClientRequest, body: AsyncIterable<Uint8Array>, answered: Promise<unknown>): Promise<void> {
  let ended = false;
  let wake = (): void => undefined;
  const end = (): void => {
    ended = true;
    wake();
  };
  answered.then(end, end);
  request.on("drain", () => wake());
  for await (const chunk of body) {
    if (ended) break;
    const room = request.write(chunk);
    if (!room) await new Promise<void>((resolve) => (wake = resolve));
  }
  if (!ended) request.end();
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
