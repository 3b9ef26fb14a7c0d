/**
 * The addresses of the demo's servers: on the native engine's bridge, where a module's container reaches them, else on
 * 127.0.0.1.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { takeBridgePlace } from "../../test/doubles/bridge.ts";
import { findFreePort } from "../../test/doubles/child.ts";
import { loopback } from "../../test/doubles/server.ts";

/** What the servers keep has this form. Of another, nothing is left. */
const layout = 2;

/** Their common address, and a port for each: the Git server, the registry, Slack. */
export interface Places {
  readonly address: string;
  readonly ports: readonly [number, number, number];
}

interface Kept extends Places {
  readonly layout?: number;
}

/**
 * Returns the places of the last run, since names of the servers' content include them. Other places make all of it
 * anew.
 */
export async function choosePlaces(home: string, onBridge: boolean): Promise<Places> {
  const record = join(home, "places.json");
  const kept = existsSync(record) ? (JSON.parse(await readFile(record, "utf8")) as Kept) : undefined;
  if (kept?.layout === layout && (kept.address !== loopback) === onBridge && knowsAll(kept)) return kept;
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  const places = onBridge ? await bridgePlaces() : await loopbackPlaces();
  await writeFile(record, JSON.stringify({ ...places, layout } satisfies Kept));
  return places;
}

/**
 * An engine reads at its start which hosts it speaks plain HTTP to (test/doubles/bridge.ts). It may be another one than
 * last time.
 */
function knowsAll({ address, ports }: Places): boolean {
  const hosts = process.env.FAIRLEAD_ENGINE_PLAIN_HTTP?.split(",") ?? [];
  return address === loopback || ports.every((port) => hosts.includes(`${address}:${port}`));
}

async function bridgePlaces(): Promise<Places> {
  await using stack = new AsyncDisposableStack();
  const take = async (): Promise<{ readonly address: string; readonly port: number }> => stack.use(await takeBridgePlace());
  const [git, images, chat] = [await take(), await take(), await take()];
  return { address: git.address, ports: [git.port, images.port, chat.port] };
}

async function loopbackPlaces(): Promise<Places> {
  return { address: loopback, ports: [await findFreePort(loopback), await findFreePort(loopback), await findFreePort(loopback)] };
}
