import { createServer, type Server } from "node:http";
import { asFairleadError } from "../../src/core/errors.ts";
import { limitConnections, type ConnectionLimits } from "./connections.ts";
import { errorResponse, send } from "./response.ts";
import type { Handled, Router } from "./router.ts";

/** The parts of the HTTP server. */
export interface ServerParts {
  /** Returns the router of the configuration in force, which may change while the server listens. */
  readonly router: () => Router;
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
  /** From a request's first byte to its last. */
  readonly requestMilliseconds: number;
  /**
   * From the end of a response to the next request (default: 75 s). A proxy that keeps a connection longer than we do sends a request into its end, and
   * nobody sends a POST again: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#connection-idle-timeout
   */
  readonly keepAliveMilliseconds?: number;
  /** True when the server is to stop: each response ends its connection. */
  readonly stopping?: () => boolean;
  readonly connections: () => ConnectionLimits;
}

/** In milliseconds: headers come at once, or the sender is none. */
const headersTimeout = 10_000;
const usualKeepAlive = 75_000;
/** In milliseconds: a connection on which nothing moves is closed, such as one whose peer does not take its answers. No handler takes longer. */
const shortestSilence = 30_000;

/** Returns the HTTP server of the listener. It does not listen yet. */
export function createHttpServer({ router, log, requestMilliseconds, keepAliveMilliseconds, stopping, connections }: ServerParts): Server {
  const server = createServer({
    headersTimeout: Math.min(headersTimeout, requestMilliseconds),
    requestTimeout: requestMilliseconds,
    keepAliveTimeout: keepAliveMilliseconds ?? usualKeepAlive,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16 * 1024,
    joinDuplicateHeaders: false,
  });
  server.timeout = Math.max(requestMilliseconds, shortestSilence);
  limitConnections(server, connections);
  server.on("request", (request, outgoing) => {
    const begun = performance.now();
    void router()(request)
      .catch(failed)
      .then(({ response, log: said }) => {
        if (response === undefined) return outgoing.destroy();
        send(outgoing, stopping?.() === true ? { ...response, close: true } : response);
        const milliseconds = Math.round(performance.now() - begun);
        if (said !== undefined) log({ status: response.status, milliseconds, ...said });
      });
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return socket.destroy();
    // An end of our half alone would leave the connection open for as long as its peer likes.
    const end = `HTTP/1.1 ${clientErrors.get(error.code ?? "") ?? "400 Bad Request"}\r\nConnection: close\r\n\r\n`;
    socket.end(end, () => socket.destroy());
  });
  return server;
}

/** Statuses for bytes that are no HTTP: their sender is no source, and gets no more than that. */
const clientErrors: ReadonlyMap<string, string> = new Map([
  ["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large"],
  ["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout"],
]);

/** Returns the response of a handler that threw: the reason is for the log alone. */
function failed(error: unknown): Handled {
  const { code, message } = asFairleadError(error);
  return { response: errorResponse(500, "it failed: see the listener's log", { close: true }), log: { code, error: message } };
}
