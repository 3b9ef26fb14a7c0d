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
  /** True for a host that another has sent us to: it is given no connection that was opened for a host of our own choice. */
  readonly sentOn: boolean;
}

/** Milliseconds without data until a connection times out: a registry may need minutes to store what it got. */
const silence = 300_000;

/**
 * Returns the head of the server's answer; its body is still to be read. Throws Node's errors and those of the body's
 * stream.
 * It uses Node's own HTTP client, since `fetch` reads a body's stream into memory faster than it sends it.
 */
export async function exchange(sending: Sending, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, url, headers, body, lookup, sentOn } = sending;
  const http = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const whole = body === undefined || body instanceof Uint8Array;
  const length: Record<string, string> = body instanceof Uint8Array ? { "content-length": String(body.length) } : {};
  const agent = sentOn && !throughProxy() ? await agentFor(url.protocol) : undefined;
  const options = { method, headers: { ...length, ...headers }, signal, timeout: silence, ...(agent && { agent }) };
  const request = http.request(url, throughProxy() ? options : { ...options, lookup });
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

/** Node's own proxies look names up themselves: https://nodejs.org/api/http.html#built-in-proxy-support */
function throughProxy(): boolean {
  return process.env.NODE_USE_ENV_PROXY === "1";
}

const agents = new Map<string, Agent>();

/** Returns the connections to hosts that others have sent us to, kept as Node keeps its own. */
async function agentFor(protocol: string): Promise<Agent> {
  const known = agents.get(protocol);
  if (known !== undefined) return known;
  const { Agent } = protocol === "https:" ? await import("node:https") : await import("node:http");
  const made = new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5_000 });
  agents.set(protocol, made);
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
