/** TLS before a double, with a certificate of an authority that nobody knows. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { connect, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { promisify } from "node:util";
import { createFolder, loopback } from "./server.ts";

/** An authority of a company's own, and a certificate that it gave to some hosts. */
export interface Authority {
  /** The file of the authority's certificate. */
  readonly file: string;
  /** Speaks TLS before a server that is at `HOST:PORT`, and returns the port. */
  serve(stack: AsyncDisposableStack, target: string): Promise<number>;
}

/** Makes an authority, and a certificate for these hosts and for `localhost`. */
export async function createAuthority(stack: AsyncDisposableStack, hosts: readonly string[]): Promise<Authority> {
  const folder = await createFolder(stack, "authority");
  const at = (name: string): string => join(folder, name);
  const run = (...args: readonly string[]): Promise<unknown> => promisify(execFile)("openssl", [...args]);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const ca = ["-x509", "-days", "1", "-subj", "/CN=Acme authority", "-addext", "basicConstraints=critical,CA:TRUE"];
  await run("req", ...newKey, ...ca, "-keyout", at("ca.key"), "-out", at("ca.pem"));
  await run("req", ...newKey, "-subj", "/CN=acme", "-keyout", at("host.key"), "-out", at("host.csr"));
  await writeFile(at("names"), `subjectAltName=${["localhost", ...hosts].map((host) => `DNS:${host}`).join(",")}\n`);
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "1", "-extfile", at("names")];
  await run("x509", "-req", "-in", at("host.csr"), ...signed, "-out", at("host.pem"));
  const identity = { key: await readFile(at("host.key")), cert: await readFile(at("host.pem")) };
  return {
    file: at("ca.pem"),
    async serve(owner, target) {
      const sockets = new Set<Socket>();
      const [host, port] = target.split(":");
      const server = createServer(identity, (socket) => {
        const onward = connect(Number(port), host);
        for (const each of [socket, onward]) {
          sockets.add(each);
          each.on("error", () => undefined).on("close", () => [socket, onward].forEach((one) => one.destroy()));
        }
        socket.pipe(onward).pipe(socket);
      });
      server.on("tlsClientError", () => undefined); // a client that does not trust it
      await new Promise<void>((resolve) => server.listen(0, loopback, resolve));
      owner.defer(async () => {
        for (const each of sockets) each.destroy();
        await new Promise((resolve) => server.close(resolve));
      });
      return (server.address() as AddressInfo).port;
    },
  };
}
