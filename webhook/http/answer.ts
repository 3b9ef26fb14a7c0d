import type { ServerResponse } from "node:http";

/** An HTTP response: JSON, a page, a text of metrics. It repeats nothing of its request. */
export interface Answer {
  readonly status: number;
  /** The `Content-Type` of the body. */
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Headers besides the content's own. `Cache-Control` is `no-store` unless one says otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the connection after the answer: what was not read of a request cannot be told from the next one. */
  readonly close?: boolean;
}

type Rest = Pick<Answer, "headers" | "close">;

/** Returns an answer of one JSON object, with a line break at its end. */
export function json(status: number, value: Readonly<Record<string, unknown>>, rest: Rest = {}): Answer {
  return { status, type: "application/json", body: `${JSON.stringify(value)}\n`, ...rest };
}

/** Returns an answer that says why nothing was done. */
export function refusal(status: number, error: string, rest: Rest = {}): Answer {
  return json(status, { error }, rest);
}

/** Returns an answer that asks to come again after some seconds. */
export function later(error: string, seconds = 5): Answer {
  return refusal(503, error, { headers: { "Retry-After": String(seconds) }, close: true });
}

/** Sends an answer; to a `HEAD` request, its headers alone. One whose sender has gone is sent to nobody. */
export function send(response: ServerResponse, { status, type, body, headers = {}, close = false }: Answer): void {
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    ...(close ? { Connection: "close" } : {}),
    ...headers,
  });
  response.end(body);
}
