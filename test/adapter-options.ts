import { setTimeout as sleep } from "node:timers/promises";
import type { AdapterOptions } from "../src/core/adapter.ts";
import type { RegistryOptions } from "../src/core/registry/registry.ts";
import { createRedactor } from "../src/core/secret.ts";
import { publicServers } from "../src/core/servers.ts";

/** Returns what an adapter is made with, for a run that nobody stops and that knows everybody's servers. */
export function adapterOptions(options: Partial<AdapterOptions> = {}): AdapterOptions {
  const redactor = createRedactor();
  const delay = (milliseconds: number, signal: AbortSignal): Promise<void> => sleep(milliseconds, undefined, { signal });
  return { credentials: [], servers: publicServers, signal: new AbortController().signal, redactor, delay, aws: undefined, ...options };
}

/** Returns what a registry's adapter is made with, on a machine that keeps no logins. */
export function registryOptions({
  storedLogin = () => Promise.resolve(undefined),
  ...options
}: Partial<RegistryOptions> = {}): RegistryOptions {
  return { ...adapterOptions(options), storedLogin };
}
