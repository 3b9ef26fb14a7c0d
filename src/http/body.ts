import type { IncomingMessage } from "node:http";
import { networkFailure } from "./network-failure.ts";

/** Reads a body up to the limit. A longer one is given up, with its connection. */
export async function readBody(message: IncomingMessage, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

/** Yields a body as it comes. Throws `unavailable` if it is interrupted. */
export async function* streamBody(doing: string, message: IncomingMessage, url: URL): AsyncGenerator<Uint8Array> {
  try {
    yield* message as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw networkFailure(doing, url, error);
  }
}
