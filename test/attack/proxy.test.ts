import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { publicServers } from "../../src/core/servers.ts";
import { checkProxied, type Resolve } from "../../src/http/guard.ts";
import { fairlead } from "../cli.ts";
import { startCompanyProxy } from "../doubles/company-proxy.ts";
import { listen } from "../doubles/server.ts";
import { createAuthority } from "../doubles/tls.ts";

const stack = new AsyncDisposableStack();
let env: Readonly<Record<string, string>>;
/** Where the registry sends everybody. */
let sentTo = "";
let insideAsked = 0;
let inside: number;

beforeAll(async () => {
  const authority = await createAuthority(stack, ["registry.test"]);
  const registry = await listen(stack, async (request, response) => {
    response.writeHead(307, { location: sentTo }).end();
    await once(request.resume(), "end");
  });
  const service = await listen(stack, (_, response) => {
    insideAsked += 1;
    response.end("of this machine alone");
    return Promise.resolve();
  });
  inside = await authority.serve(stack, service);
  const port = await authority.serve(stack, registry);
  const proxy = stack.use(
    await startCompanyProxy({ "registry.test:443": `127.0.0.1:${port}`, "169.254.169.254:443": service, "10.0.0.7:443": service }),
  );
  env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority.file };
});
afterAll(() => stack.disposeAsync());

test.each([
  ["a cloud's metadata", () => "https://169.254.169.254/latest/meta-data/", /169\.254\.169\.254, where no server of yours is/],
  ["a private address", () => "https://10.0.0.7/", /registry\.test sends us to 10\.0\.0\.7, which is at the private address 10\.0\.0\.7/],
  [
    "this machine, where the proxy itself is",
    () => `https://localhost:${inside}/`,
    /registry\.test sends us to localhost:\d+, which is at the loopback address/,
  ],
])("a registry behind a proxy sends us nowhere that it could not without one: %s", async (_what, target, refusal) => {
  sentTo = target();
  const { code, stderr } = await fairlead(["retag", "registry.test/acme/app:1", "2"], env);
  expect([code, stderr]).toEqual([6, expect.stringMatching(refusal) as string]);
  expect(insideAsked).toBe(0);
});

test("a name is checked where this machine knows its addresses, and is the proxy's to judge where it does not", async () => {
  const known: Readonly<Record<string, string>> = {
    "metadata.test": "169.254.169.254",
    "inside.test": "10.0.0.7",
    "out.test": "192.0.2.1",
  };
  const resolve: Resolve = (name, _options, callback) => {
    const address = known[name];
    if (address === undefined) callback(Object.assign(new Error("no such host"), { code: "ENOTFOUND" }), []);
    else callback(null, [{ address, family: 4 }]);
  };
  const sender = { host: "registry.test", address: undefined };
  const check = (name: string, sent: boolean) =>
    checkProxied({ doing: "read it", url: new URL(`https://${name}/`), sender: sent ? sender : undefined }, publicServers, resolve).then(
      () => "asked",
      ({ message }: Error) => message.replace(/, where no server of yours.*/, ""),
    );
  expect(
    await Promise.all([
      check("metadata.test", false),
      check("inside.test", true),
      check("inside.test", false),
      check("out.test", true),
      check("unknown.test", true),
    ]),
  ).toEqual([
    "read it: metadata.test is at 169.254.169.254",
    "read it: registry.test sends us to inside.test, which is at the private address 10.0.0.7",
    "asked",
    "asked",
    "asked",
  ]);
});
