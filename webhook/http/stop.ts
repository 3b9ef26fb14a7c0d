import type { Server } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** In milliseconds: a connection that has said nothing by then has nothing to say. */
const silence = 500;

/**
 * Returns what stops a server: it takes no connection any more, and waits until the requests that have begun are answered, for so many milliseconds at
 * most. Called before the server listens.
 */
export function stopperOf(server: Server): (milliseconds: number) => Promise<void> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return async (milliseconds) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    server.closeIdleConnections();
    await Promise.race([closed, delay(silence, undefined, { ref: false })]);
    // for Node, a connection whose first request has not begun is not idle
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    await Promise.race([closed, delay(milliseconds, undefined, { ref: false })]);
    server.closeAllConnections();
  };
}
