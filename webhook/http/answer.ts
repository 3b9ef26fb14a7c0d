import type { ServerResponse } from "node:http";

/** What is said to a sender: JSON that holds nothing of its request. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the connection ends with it: what was not read of a request cannot be told from the next one. */
  readonly close?: boolean;
}

/** Returns an answer that says why nothing was done. */
export function refusal(status: number, error: string, more: Partial<Answer> = {}): Answer {
  return { status, body: { error }, ...more };
}

/** Returns an answer that asks to come again after some seconds. */
export function later(error: string, seconds = 5): Answer {
  return { status: 503, body: { error }, headers: { "Retry-After": String(seconds) }, close: true };
}

/** Sends an answer. One whose sender has gone is sent to nobody. */
export function send(response: ServerResponse, { status, body, headers = {}, close = false }: Answer): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    ...(close ? { Connection: "close" } : {}),
    ...headers,
  });
  response.end(text);
}
