/** A proxy as companies have them: the only way out, which looks names up itself. It speaks CONNECT, and takes whole URLs of plain HTTP. */
import { createServer, request as send } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { createRunning, loopback, type Running } from "./server.ts";

export interface CompanyProxy extends Running {
  /** What went through it, or was refused: `CONNECT github.test:443`, `GET http://registry.test/v2/`. */
  readonly seen: readonly string[];
}

/** Starts a proxy that knows these hosts alone, as `HOST:PORT`, each with the address behind it. All others get the status. */
export async function startCompanyProxy(hosts: Readonly<Record<string, string>>, status = 502): Promise<CompanyProxy> {
  await using stack = new AsyncDisposableStack();
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "");
    seen.push(`${request.method} ${url.href}`);
    const [host, port] = (hosts[`${url.hostname}:${url.port || "80"}`] ?? "").split(":");
    if (port === undefined) return void response.writeHead(status).end();
    const { method, headers } = request;
    const onward = send({ host, port, method, path: `${url.pathname}${url.search}`, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.on("connection", keep).on("connect", (request, socket: Socket, head: Buffer) => {
    const target = request.url ?? "";
    seen.push(`CONNECT ${target}`);
    const [host, port] = (hosts[target] ?? "").split(":");
    if (port === undefined) return void socket.end(`HTTP/1.1 ${status} Refused\r\n\r\n`);
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    keep(onward);
    onward.on("close", () => socket.destroy());
    socket.on("close", () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve));
  stack.defer(async () => {
    for (const each of sockets) each.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { ...createRunning(`${loopback}:${(server.address() as AddressInfo).port}`, stack.move()), seen };
}
