import type { IncomingMessage } from "node:http";

/** All bodies that are being received, in bytes. */
export interface Intake {
  /** Returns the body; "too-large" as soon as it is more than `limit` bytes; "busy" when all together would be too much. Throws when the sender goes away. */
  read(request: IncomingMessage, limit: number): Promise<Uint8Array | "too-large" | "busy">;
}

/** Returns an intake that holds at most so many bytes at a time. */
export function createIntake(most: () => number): Intake {
  let held = 0;
  return {
    async read(request, limit) {
      const told = Number(request.headers["content-length"] ?? 0);
      if (told > limit) return "too-large";
      let size = 0;
      const chunks: Uint8Array[] = [];
      try {
        for await (const chunk of request as AsyncIterable<Uint8Array>) {
          size += chunk.length;
          held += chunk.length;
          if (size > limit) return "too-large";
          if (held > most()) return "busy";
          chunks.push(chunk);
        }
        return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      } finally {
        held -= size;
      }
    },
  };
}
