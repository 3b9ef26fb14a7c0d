import type { Server } from "node:http";
import type { Socket } from "node:net";
import { peerOf } from "./peer.ts";

/** The places for connections. */
export interface ConnectionLimits {
  /** For all together. */
  readonly connections: number;
  /** The share of one peer address. */
  readonly connectionsPerPeer: number;
  /** Tells whether an address is that of a proxy: behind it are many peers, which have no share of their own. */
  readonly isProxy: (address: string) => boolean;
}

interface Connection {
  readonly socket: Socket;
  readonly peer: string | undefined;
  /** Requests with a whole header that are not answered yet. */
  requests: number;
}

/** Connections, the one that has said nothing for the longest time first. */
type Line = Set<Connection>;

/**
 * Gives every new connection a place. When all places, or those of its peer, are taken, the oldest connection that has no whole header loses its own:
 * whoever opens connections and says nothing takes places from itself alone. `limits` is asked at each connection.
 */
export function limitConnections(server: Server, limits: () => ConnectionLimits): void {
  const all: Line = new Set();
  const ofPeers = new Map<string, Line>();
  const bySocket = new WeakMap<Socket, Connection>();
  const linesOf = ({ peer }: Connection): readonly Line[] => [all, ...(peer === undefined ? [] : [lineOf(ofPeers, peer)])];
  const leave = (connection: Connection): void => {
    for (const line of linesOf(connection)) line.delete(connection);
    if (connection.peer !== undefined && lineOf(ofPeers, connection.peer).size === 0) ofPeers.delete(connection.peer);
  };
  const enter = (connection: Connection): void => linesOf(connection).forEach((line) => line.add(connection));
  const makePlace = (line: Line, places: number): void => {
    for (let next = oldest(line); next !== undefined && line.size >= places; next = oldest(line)) {
      leave(next);
      next.socket.destroy();
    }
  };

  server.on("connection", (socket) => {
    const { connections, connectionsPerPeer, isProxy } = limits();
    const address = socket.remoteAddress ?? "";
    const peer = isProxy(address) ? undefined : peerOf(address);
    if (peer !== undefined) makePlace(lineOf(ofPeers, peer), connectionsPerPeer);
    makePlace(all, connections);
    const connection: Connection = { socket, peer, requests: 0 };
    bySocket.set(socket, connection);
    enter(connection);
    socket.once("close", () => leave(connection));
  });
  server.on("request", ({ socket }, response) => {
    const connection = bySocket.get(socket);
    if (connection === undefined) return;
    connection.requests += 1;
    response.once("close", () => {
      connection.requests -= 1;
      if (socket.destroyed) return;
      leave(connection);
      enter(connection);
    });
  });
}

function lineOf(lines: Map<string, Line>, peer: string): Line {
  const line = lines.get(peer) ?? new Set();
  lines.set(peer, line);
  return line;
}

/** Returns the connection that is closed first: the oldest without a whole header, else the oldest. */
function oldest(line: Line): Connection | undefined {
  for (const each of line) if (each.requests === 0) return each;
  return line.values().next().value;
}
