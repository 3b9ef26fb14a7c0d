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
      // By events: an async iterator of a stream costs a request of usual size twice as much.
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | "too-large" | "busy">();
      const take = (chunk: Uint8Array): void => {
        size += chunk.length;
        held += chunk.length;
        chunks.push(chunk);
        if (size > limit) resolve("too-large");
        else if (held > most()) resolve("busy");
      };
      request.on("data", take).once("error", reject);
      request.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
      try {
        return await promise;
      } finally {
        request.off("data", take).pause();
        held -= size;
      }
    },
  };
}
