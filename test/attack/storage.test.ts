/** Where GitHub says that logs and artifacts are kept: a server in its place may name anything. */
import { describe, expect, test } from "vitest";
import { FairleadError } from "../../src/core/errors.ts";
import { parseRepository } from "../../src/core/git/repository.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { hostUrl } from "../../src/core/server-url.ts";
import { publicServers } from "../../src/core/servers.ts";
import type { Resolve } from "../../src/http/guard.ts";
import { newClient } from "../../src/git-providers/github/connection.ts";
import { storedReader, type WantedBytes } from "../../src/git-providers/github/storage.ts";
import { listen } from "../doubles/server.ts";
import { startGitHub } from "../doubles/github.ts";
import { openAppBed } from "../git-providers/app-bed.ts";

const secret = "canary-of-the-machine";
/** The metadata of a machine: what it is asked for is told. */
async function startMetadata(stack: AsyncDisposableStack): Promise<{ readonly host: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const host = await listen(stack, ({ url = "", headers }, response) => {
    asked.push([url, headers.authorization].filter(Boolean).join(" "));
    response.end(secret);
    return Promise.resolve();
  });
  return { host, asked };
}

/** A server that sends us from `/to?URL` to that URL, and from `/round` to itself. All else is the text `kept`. */
async function startServer(stack: AsyncDisposableStack): Promise<string> {
  return await listen(stack, ({ url = "" }, response) => {
    const location = url === "/round" ? url : /^\/to\?(.*)$/.exec(url)?.[1];
    response.writeHead(location === undefined ? 200 : 302, location === undefined ? {} : { location }).end("kept");
    return Promise.resolve();
  });
}

interface Asking {
  readonly wanted?: WantedBytes;
  readonly plainHttp?: readonly string[];
  readonly addresses?: readonly string[];
}

/** Returns what an URL of a server leads to, or the error. */
async function read(server: string, url: string, { wanted = { most: 100 }, plainHttp = [], addresses = [] }: Asking = {}): Promise<string> {
  const octokit = await newClient(hostUrl("ask", server, publicServers), { redactor: createRedactor() });
  const resolve: Resolve = (_, __, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  const readStored = storedReader({ plainHttp, signal: new AbortController().signal }, addresses.length === 0 ? undefined : resolve);
  try {
    return Buffer.from(await readStored(octokit, url, wanted)).toString();
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    return `${error.code}: ${error.message.replaceAll(server, "SERVER")}`;
  }
}

const doing = "unsupported: read what GitHub keeps elsewhere";

describe("a signed URL that leads inside", () => {
  test.each([
    ["names this machine", (there: string) => `http://${there}/latest/meta-data`],
    ["redirects to this machine", (there: string, server: string) => `http://${server}/to?http://${there}/latest/meta-data`],
    ["names this machine by IPv6", (there: string) => `http://[::ffff:127.0.0.1]:${there.split(":")[1]}/`],
    ["names this machine by its name", (there: string) => `http://localhost:${there.split(":")[1]}/`],
  ])("attack 75 (a signed URL leads inside): one that %s is refused, though the server is on this machine", async (_what, urlOf) => {
    await using stack = new AsyncDisposableStack();
    const { host, asked } = await startMetadata(stack);
    const server = await startServer(stack);
    for (const wanted of [{ most: 100 }, { keepLast: 100 }])
      expect(await read(server, urlOf(host, server), { wanted })).toMatch(/^unsupported: .*(at the loopback address|plain HTTP to)/);
    expect(asked).toEqual([]);
  });

  test.each([
    ["http://169.254.169.254/latest/meta-data", [], "plain HTTP to 169.254.169.254 is not allowed"],
    ["https://169.254.169.254/latest/meta-data", [], "169.254.169.254 is at 169.254.169.254, where no server of yours is"],
    ["https://[fd00:ec2::254]/", [], "[fd00:ec2::254] is at fd00:ec2::254, where no server of yours is"],
    ["https://10.0.0.5/", [], "which is at the private address 10.0.0.5"],
    ["https://storage.example/", ["127.0.0.1"], "sends us to storage.example, which is at the loopback address 127.0.0.1"],
    ["https://storage.example/", ["203.0.113.1", "10.0.0.5"], "which is at the private address 10.0.0.5"],
    ["https://storage.example/", ["169.254.169.254"], "storage.example is at 169.254.169.254, where no server of yours is"],
    ["http://storage.example/", ["203.0.113.1"], "sends us to storage.example: plain HTTP to storage.example is not allowed"],
    ["https://user:password@storage.example/", ["203.0.113.1"], "it holds a credential"],
  ])("attack 75 (a signed URL leads inside): %s at %j is refused, and so is a redirect to it", async (url, addresses, message) => {
    await using stack = new AsyncDisposableStack();
    const server = await startServer(stack);
    for (const named of [url, `http://${server}/to?${url}`])
      expect(await read(server, named, { addresses })).toMatch(new RegExp(`^${doing}: .*${RegExp.escape(message)}`));
  });

  test("attack 75 (a signed URL leads inside): no allowed host is at a cloud's metadata", async () => {
    const asking = { plainHttp: ["metadata.example"], addresses: ["169.254.169.254"] };
    expect(await read("github.example", "http://metadata.example/", asking)).toMatch(
      `${doing}: metadata.example is at 169.254.169.254, where no server of yours is`,
    );
  });

  test("attack 75 (a signed URL leads inside): the log of a failed job is the refusal and what to do, and nothing of this machine", async () => {
    await using stack = new AsyncDisposableStack();
    const { host: there, asked } = await startMetadata(stack);
    const job = { id: 1, name: "test", conclusion: "failure", steps: [] };
    const host = await listen(stack, ({ url = "" }, response) => {
      if (url.endsWith("/logs")) response.writeHead(302, { location: `http://${there}/latest/meta-data` }).end();
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ total_count: 1, jobs: [job] }));
      return Promise.resolve();
    });
    await using github = await startGitHub();
    const app = github.createApp({ slug: "acme-fairlead", permissions: { actions: "read" } });
    const bad = { ...github, host, url: `http://${host}`, apiUrl: github.apiUrl.replace(github.host, host) };
    const { provider } = openAppBed(bad, { app, place: "github.com" });
    const failed = await provider.dispatch!.failedJob(parseRepository(`${bad.url}/acme/app`), "7");
    const lines = failed?.lines.map((line) => line.replaceAll(there, "THERE").replaceAll(host, "SERVER"));
    expect({ ...failed, lines }).toEqual({
      name: "test",
      step: undefined,
      lines: [
        "read what GitHub keeps elsewhere: SERVER sends us to THERE, which is at the loopback address 127.0.0.1",
        "if that is meant, name THERE with --plain-http or servers.plainHttp",
      ],
    });
    expect(asked).toEqual([]);
  });
});

describe("a signed URL that leads where it may", () => {
  test("a file at the server's own host is read, and one at an allowed host, also by a redirect, without a credential", async () => {
    await using stack = new AsyncDisposableStack();
    const { host: other, asked } = await startMetadata(stack);
    const server = await startServer(stack);
    const plainHttp = [other];
    expect([
      await read(server, `http://${server}/file`),
      await read(server, `http://${server}/to?/file`),
      await read(server, `http://${other}/file`, { plainHttp }),
      await read(server, `http://${server}/to?http://${other}/file`, { plainHttp }),
    ]).toEqual(["kept", "kept", secret, secret]);
    expect(asked).toEqual(["/file", "/file"]);
  });

  test("a file that is too large, and redirects without an end, are errors; of a log the end is kept", async () => {
    await using stack = new AsyncDisposableStack();
    const server = await startServer(stack);
    expect([
      await read(server, `http://${server}/file`, { wanted: { most: 3 } }),
      await read(server, `http://${server}/file`, { wanted: { keepLast: 3 } }),
      await read(server, `http://${server}/round`),
    ]).toEqual([
      "input: read what GitHub keeps elsewhere: it has more than 3 bytes",
      "ept",
      `${doing}: SERVER redirects more than 3 times`,
    ]);
  });
});
