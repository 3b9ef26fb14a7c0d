import type { Flag } from "../../src/cmd/flag.ts";
import { usualConfig } from "../../src/cmd/usual-config.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { loadConfig } from "../config/store.ts";
import { loadStoreAddress } from "../config/store-address.ts";
import type { ListenerConfig } from "../config.ts";
import { receivers } from "../receivers/index.ts";
import type { Store } from "../store.ts";
import { openStore } from "../stores/index.ts";

/** `--config`: the path of the configuration. */
export const configFlag: Flag = {
  name: "config",
  kind: "string",
  sentence: "read the listener's configuration from this file",
  placeholder: "FILE",
  required: false,
  default: usualConfig,
};

/** Returns the path of the configuration. */
export function configPath({ config }: Readonly<Record<string, unknown>>): string {
  return (config as string | undefined) ?? usualConfig;
}

/** Returns the configuration that `--config` names. Throws `input` with all that is wrong with it. */
export async function configOf(values: Readonly<Record<string, unknown>>): Promise<ListenerConfig> {
  return await loadConfig(configPath(values), { receivers, pipelines });
}

/**
 * Opens the store of the configuration that `--config` names, for an action such as `read runs`: the listener may be running meanwhile. Nothing else of
 * the configuration has to be right. Throws `not_found` where there is no store: only the listener makes one.
 */
export async function storeOf(values: Readonly<Record<string, unknown>>, doing: string): Promise<Store> {
  return await openStore(await loadStoreAddress(configPath(values)), doing);
}
