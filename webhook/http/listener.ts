import { createServer, type IncomingMessage, type Server } from "node:http";
import { collectHeaders } from "../receiver/headers.ts";
import type { HttpRequest } from "../receive.ts";
import { type Outcome, notAccepted } from "./accept.ts";
import { later, refusal, send, type Answer } from "./answer.ts";
import { createIntake } from "./body.ts";
import type { OpenSource } from "./endpoints.ts";

/** What the listener does for what it is asked. All may change while it listens. */
export interface ListenerParts {
  /** Returns the source behind a path. */
  readonly find: (path: string) => OpenSource | undefined;
  readonly accept: (source: OpenSource, request: HttpRequest) => Promise<Outcome>;
  /** Returns whether runs can go on, and why not. */
  readonly health: () => Promise<Health>;
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
  readonly limits: () => { readonly bodiesBytes: number; readonly connections: number; readonly requestMilliseconds: number };
  /** True when it is to stop: whoever comes now is to come again later. */
  readonly stopping: () => boolean;
}

/** Whether the listener can do what it is for. */
export interface Health {
  readonly ready: boolean;
  /** Of each part, such as the store: "ok", or what is wrong with it. */
  readonly parts: Readonly<Record<string, string>>;
}

/** In milliseconds: headers come at once, or the sender is none. A connection that says nothing more is closed. */
const headersTimeout = 10_000;
const keepAliveTimeout = 5_000;

/** Returns the HTTP server of the listener. It does not listen yet. */
export function createListener(parts: ListenerParts): Server {
  const intake = createIntake(() => parts.limits().bodiesBytes);
  const { requestMilliseconds, connections } = parts.limits();
  const server = createServer({
    headersTimeout: Math.min(headersTimeout, requestMilliseconds),
    requestTimeout: requestMilliseconds,
    keepAliveTimeout,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16 * 1024,
    joinDuplicateHeaders: false,
  });
  server.maxConnections = connections;
  server.on("request", (request, response) => {
    const begun = performance.now();
    void handle(request, parts, intake).then(({ answer, source, log }) => {
      if (answer === undefined) return response.destroy(); // its sender has gone
      send(response, answer);
      const milliseconds = Math.round(performance.now() - begun);
      if (source !== undefined) parts.log({ source, status: answer.status, milliseconds, ...log });
    });
  });
  // what is no HTTP gets no more than that: who sends it is no source
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return socket.destroy();
    socket.end(
      `HTTP/1.1 ${error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "408 Request Timeout" : "400 Bad Request"}\r\nConnection: close\r\n\r\n`,
    );
  });
  return server;
}

interface Handled {
  readonly answer: Answer | undefined;
  readonly source?: string;
  readonly log?: Readonly<Record<string, unknown>>;
}

/** Path, method, size, and only then what is said: the less is known of a sender, the less is done for it. It never throws. */
async function handle(request: IncomingMessage, parts: ListenerParts, intake: ReturnType<typeof createIntake>): Promise<Handled> {
  const path = request.url ?? "";
  if (path === "/healthz") return { answer: { status: 200, body: { alive: true } } };
  if (path === "/readyz") return { answer: readiness(await parts.health()) };
  const found = parts.find(path);
  if (found === undefined) return { answer: refusal(404, "nothing is here", { close: true }) };
  const source = found.source.name;
  if (parts.stopping()) return { source, answer: later("the listener is stopping") };
  if (request.method !== "POST") return { source, answer: refusal(405, "method is not POST", { headers: { Allow: "POST" }, close: true }) };
  if (request.headers["content-encoding"] !== undefined) return { source, answer: refusal(415, "the body is encoded", { close: true }) };
  try {
    const body = await intake.read(request, found.source.receiver.limit);
    if (body === "busy") return { source, answer: later("too much is being received") };
    const whole = body === "too-large" ? undefined : body;
    const { answer, log } = await parts.accept(found, { method: "POST", headers: headersOf(request), body: whole, receivedAt: new Date() });
    return { source, answer, log };
  } catch (error) {
    return (request.errored === null && !request.destroyed) || request.complete
      ? { source, ...notAccepted(error) }
      : { source, answer: undefined };
  }
}

function headersOf({ rawHeaders }: IncomingMessage): ReadonlyMap<string, string> {
  return collectHeaders(rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""] as const] : [])));
}

function readiness({ ready, parts }: Health): Answer {
  return { status: ready ? 200 : 503, body: { ready, ...parts } };
}
