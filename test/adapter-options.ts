import type { AdapterOptions } from "../src/core/adapter.ts";
import { publicServers } from "../src/core/servers.ts";

/** Returns what an adapter is made with, for a run that nobody stops and that knows everybody's servers. */
export function adapterOptions(options: Partial<AdapterOptions> = {}): AdapterOptions {
  return { credentials: [], servers: publicServers, signal: new AbortController().signal, ...options };
}
