import type { ServerResponse } from "node:http";

/** An HTTP response: JSON, a page, a text of metrics. It repeats nothing of its request. */
export interface HttpResponse {
  readonly status: number;
  /** The `Content-Type` of the body. */
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Headers besides the content's own. `Cache-Control` is `no-store` unless one says otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the connection after the response: what was not read of a request cannot be told from the next one. */
  readonly close?: boolean;
}

type Rest = Pick<HttpResponse, "headers" | "close">;

/** Returns a response of one JSON object, with a line break at its end. */
export function jsonResponse(status: number, value: Readonly<Record<string, unknown>>, rest: Rest = {}): HttpResponse {
  return { status, type: "application/json", body: `${JSON.stringify(value)}\n`, ...rest };
}

/** Returns a response that says why nothing was done. */
export function errorResponse(status: number, error: string, rest: Rest = {}): HttpResponse {
  return jsonResponse(status, { error }, rest);
}

/** Returns a response that asks to come again after some seconds. */
export function retryLater(error: string, seconds = 5): HttpResponse {
  return errorResponse(503, error, { headers: { "Retry-After": String(seconds) }, close: true });
}

/** Sends a response; to a `HEAD` request, its headers alone. One whose sender has gone is sent to nobody. */
export function send(outgoing: ServerResponse, { status, type, body, headers = {}, close = false }: HttpResponse): void {
  outgoing.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    ...(close ? { Connection: "close" } : {}),
    ...headers,
  });
  outgoing.end(body);
}
