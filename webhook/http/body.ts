import type { IncomingMessage } from "node:http";
import type { BodySource } from "../receive.ts";

/** All bodies that are held, in bytes. */
export interface Intake {
  /** Returns the body of a request, which is held until this is disposed of: until the request is answered. */
  open(request: IncomingMessage): IncomingBody;
}

/** The body of one request. */
export interface IncomingBody extends Disposable {
  /** Reads it, once. "busy": all bodies together would be too much. Throws when the sender goes away. */
  readonly read: BodySource;
}

/** Returns an intake that holds at most so many bytes at a time. */
export function createIntake(most: () => number): Intake {
  let held = 0;
  return {
    open(request) {
      let own = 0;
      const hold = (bytes: number): void => {
        own += bytes;
        held += bytes;
      };
      return {
        async read(limit, see) {
          const told = Number(request.headers["content-length"] ?? 0);
          if (told > limit) return "too-large";
          return await readPieces(request, limit, see, (piece) => {
            hold(piece.length);
            return held <= most();
          });
        },
        [Symbol.dispose]: () => hold(-own),
      };
    },
  };
}

type Pieces = Awaited<ReturnType<BodySource>>;

/** `keep` tells whether one piece more may be kept. */
async function readPieces(
  request: IncomingMessage,
  limit: number,
  see: ((piece: Uint8Array) => void) | undefined,
  keep: (piece: Uint8Array) => boolean,
): Promise<Pieces> {
  let size = 0;
  const pieces: Uint8Array[] = [];
  // By events: an async iterator of a stream costs a request of usual size twice as much.
  const { promise, resolve, reject } = Promise.withResolvers<Pieces>();
  const take = (piece: Uint8Array): void => {
    size += piece.length;
    if (size > limit) return resolve("too-large");
    if (see === undefined) return;
    if (!keep(piece)) return resolve("busy");
    pieces.push(piece);
    see(piece);
  };
  request.on("data", take).once("error", reject);
  request.once("end", () => resolve(pieces));
  try {
    return await promise;
  } finally {
    request.off("data", take).pause();
  }
}
