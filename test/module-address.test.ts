import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import { run } from "../src/module/functions.ts";

/** Returns a port of this machine at which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test.for(["127.0.0.1", "localhost"])("a function that finds nothing at %s says that this is the module's own container", async (host) => {
  const port = await closedPort();
  const retag = run("retag", { plainHttp: [] }, true, { source: `${host}:${port}/acme/app:1.4.2`, tags: ["1.4.3"] });
  await expect(retag).rejects.toThrow(
    `${host}:${port} cannot be reached: connection refused\nhint: ${host} is the module's own container: name the server by an address that containers can reach`,
  );
});
