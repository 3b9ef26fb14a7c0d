/** The listener's HTTP side with a store of its own, in this process: what comes of a request can be counted. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection, type AddressInfo, type Socket, type TcpNetConnectOpts } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createRedactor } from "../../src/core/secret.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { readConfig, type ListenerConfig } from "../../webhook/config.ts";
import { acceptDelivery } from "../../webhook/http/accept.ts";
import { createIntake } from "../../webhook/http/body.ts";
import { healthHandlers } from "../../webhook/http/health.ts";
import { hookHandlers } from "../../webhook/http/hooks.ts";
import { openSources } from "../../webhook/http/open-sources.ts";
import { addressList } from "../../webhook/http/peer.ts";
import { createRouter } from "../../webhook/http/router.ts";
import { createHttpServer } from "../../webhook/http/server.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import type { Store } from "../../webhook/store.ts";
import { openStore } from "../../webhook/stores/index.ts";
import { post as send, type Answered } from "../webhook/listener.ts";

/** The secret of every source of a door. */
export const secret = "canary-secret-of-a-source";

export interface Door extends AsyncDisposable {
  readonly config: ListenerConfig;
  readonly store: Store;
  readonly port: number;
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  /** Returns the path of a source. */
  path(source: string): string;
  /** Sends a body to a source. */
  post(source: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  /** Opens a connection, which stays open on our side whatever the server does. */
  connect(options?: Partial<TcpNetConnectOpts>): Promise<Socket>;
  /** Sends bytes, and returns all that comes until the server ends or closes the connection. */
  raw(bytes: string | Uint8Array): Promise<string>;
  /** Returns how many connections the server has. */
  connections(): Promise<number>;
}

/** Opens a door. The secret of a source is `file:secret`, relative to the door's folder, as `SECRET` in the configuration. */
export async function openDoor(given: Readonly<Record<string, unknown>>): Promise<Door> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fairlead-door-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "secret"), secret);
  const text = JSON.stringify({ version: 1, store: `sqlite:${join(folder, "store.db")}`, ...given });
  const config = readConfig(text.replaceAll("SECRET", `file:${join(folder, "secret")}`), { path: "fairlead.yaml", receivers, pipelines });
  const store = stack.use(await openStore(config.store));
  const sources = await openSources(config, createRedactor());
  const fetcher = { get: () => Promise.reject(new Error("nobody is to be asked")) };
  const logged: Readonly<Record<string, unknown>>[] = [];
  const hooks = hookHandlers(sources, {
    accept: (source, request) => acceptDelivery(source, request, { config, store, fetcher }),
    intake: createIntake(() => config.limits.bodiesBytes),
  });
  const router = createRouter([...healthHandlers(() => Promise.resolve({ ready: true, parts: {} })), ...hooks]);
  const server = createHttpServer({
    router: () => router,
    log: (entry) => void logged.push(entry),
    requestMilliseconds: config.limits.requestMilliseconds,
    keepAliveMilliseconds: config.limits.keepAliveMilliseconds,
    connections: () => ({ ...config.limits, isProxy: addressList(config.listen.proxies) }),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sockets = new Set<Socket>();
  stack.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    server.closeAllConnections();
  });
  const connect = async (options: Partial<TcpNetConnectOpts> = {}): Promise<Socket> => {
    const socket = createConnection({ host: "127.0.0.1", port, allowHalfOpen: true, ...options });
    sockets.add(socket);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };
  const path = (source: string): string => sources.find(({ source: { name } }) => name === source)!.paths[0]!;
  const ended = stack.move();
  return {
    ...{ config, store, port, logged, path, connect },
    post: (source, body, headers) => send(`http://127.0.0.1:${port}${path(source)}`, body, headers),
    async raw(bytes) {
      const socket = await connect();
      let said = "";
      socket.setEncoding("latin1").on("data", (piece: string) => (said += piece));
      const end = new Promise<void>((resolve) => socket.once("end", resolve).once("close", () => resolve()));
      socket.write(bytes);
      await end;
      socket.destroy();
      return said;
    },
    connections: promisify(server.getConnections.bind(server)),
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}
