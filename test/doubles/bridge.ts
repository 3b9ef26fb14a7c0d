/**
 * The native engine's bridge. A module's container cannot reach our 127.0.0.1, but it reaches servers on the bridge.
 */
import { randomInt } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname } from "node:path";
import { FairleadError } from "../../src/core/errors.ts";
import { engineStatus, engineVariables, stopEngine } from "../../src/dagger/engine/native.ts";
import { hostLock, withLock } from "../../src/dagger/engine/native/lock.ts";
import type { Place } from "./server.ts";

/** The engine's own end of the bridge. It exists while the engine runs. */
export const bridgeAddress = "10.87.0.1";

/** Enough servers for two test files at once. */
const reserved = 12;

/** A place to bind a double to, until it is disposed of: `startGitHub(place)`. The engine speaks plain HTTP to it. */
export interface BridgePlace extends Place, AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

/** The file with the ports, so that every run of the tests starts the engine with the same. */
const record = ".cache/bridge-hosts";

/**
 * Returns some ports of the bridge, as `HOST:PORT`, below those of outgoing connections. Whoever takes one checks that
 * it is free.
 */
export function chooseBridgeHosts(): readonly string[] {
  const first = randomInt(20_000, 32_000);
  const hosts = Array.from({ length: reserved }, (_, index) => `${bridgeAddress}:${first + index}`);
  mkdirSync(dirname(record), { recursive: true });
  try {
    writeFileSync(record, hosts.join(","), { flag: "wx" });
    return hosts;
  } catch {
    return readFileSync(record, "utf8").split(","); // they were chosen before
  }
}

/**
 * Returns a place on the bridge that no other test has.
 * A running engine that knows none is restarted once with some. In a run of the whole suite it is started with them
 * (test/global-setup.ts).
 */
export async function takeBridgePlace(): Promise<BridgePlace> {
  await prepareEngine();
  const { plainHttp } = await engineStatus();
  for (const port of plainHttp.filter(onBridge).map((host) => Number(host.split(":")[1]))) {
    const held = await listenOn({ path: `\0fairlead/bridge/${port}` }); // the kernel gives it to one process, and takes it back when that ends
    if (held === undefined) continue;
    const probe = await listenOn({ host: bridgeAddress, port });
    await closeServer(probe);
    if (probe !== undefined) return { address: bridgeAddress, port, [Symbol.asyncDispose]: () => closeServer(held) };
    await closeServer(held);
  }
  throw new Error(`every port that the engine knows on ${bridgeAddress} is taken`);
}

/**
 * Returns the variables of a shell that uses the native engine. The engine has ports on the bridge and our TypeScript
 * SDK: one with other settings is restarted.
 */
export async function prepareEngine(): Promise<Readonly<Record<string, string>>> {
  const options = { report: () => undefined, signal: new AbortController().signal };
  const prepare = async (): Promise<Readonly<Record<string, string>>> => {
    const { plainHttp } = await engineStatus();
    const wanted = process.env.FAIRLEAD_ENGINE_PLAIN_HTTP?.split(",") ?? plainHttp;
    const hosts = plainHttp.some(onBridge) ? plainHttp : wanted.some(onBridge) ? wanted : [...wanted, ...chooseBridgeHosts()];
    process.env.FAIRLEAD_ENGINE_PLAIN_HTTP = hosts.join(",");
    return engineVariables(options).catch(async (error: unknown) => {
      if (!(error instanceof FairleadError && error.code === "conflict" && (await stopEngine()))) throw error;
      return engineVariables(options);
    });
  };
  return withLock(options, await hostLock("prepares the engine for a test", "bridge"), prepare);
}

function onBridge(host: string): boolean {
  return host.startsWith(`${bridgeAddress}:`);
}

/** Returns a listening server; undefined if the address is in use. */
function listenOn(where: { path: string } | { host: string; port: number }): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((other) => other.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    server.listen(where, () => resolve(server));
  });
}

function closeServer(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
}
