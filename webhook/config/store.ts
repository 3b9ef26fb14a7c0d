import { asFairleadError, type FairleadError } from "../../src/core/errors.ts";
import { readConfig, type ConfigKinds, type ListenerConfig } from "../config.ts";
import { pathsBeside } from "../../src/config/file.ts";
import { readListenerFile } from "./file.ts";

/** The difference between two configurations. */
export interface ConfigChange {
  readonly changed: boolean;
  /** The settings that go on as they were until the listener is started again: `store`, `listen`. */
  readonly restartNeeded: readonly string[];
}

/** The result of reading the configuration again: the new one, or the error for which the old one stays. */
export type Reload =
  | ({ readonly accepted: true; readonly config: ListenerConfig } & ConfigChange)
  | { readonly accepted: false; readonly error: FairleadError };

/** The configuration in force. */
export interface ConfigStore {
  current(): ListenerConfig;
  /** Reads the file again, and takes it if nothing is wrong with it; else the old one stays. */
  reload(): Promise<Reload>;
}

/** Returns the configuration of a file. Throws `input` with all that is wrong with it, and where there is no file that can be read. */
export async function loadConfig(path: string, kinds: ConfigKinds): Promise<ListenerConfig> {
  return readConfig(await readListenerFile(path), { path, absolute: pathsBeside(path), ...kinds });
}

/** Returns the configuration of a file, to be read again at any time. Throws as `loadConfig` does. */
export async function openConfigStore(path: string, kinds: ConfigKinds): Promise<ConfigStore> {
  const started = await loadConfig(path, kinds);
  let current = started;
  let last: Promise<unknown> = Promise.resolve();
  const read = async (): Promise<Reload> => {
    try {
      const config = await loadConfig(path, kinds);
      const { changed } = compareConfigs(current, config);
      current = config;
      return { accepted: true, config, changed, restartNeeded: compareConfigs(started, config).restartNeeded };
    } catch (error) {
      return { accepted: false, error: asFairleadError(error) };
    }
  };
  return {
    current: () => current,
    // One after another, so that what was in the file last is what stays.
    reload: () => {
      const reloaded = last.then(read);
      last = reloaded;
      return reloaded;
    },
  };
}

/** Returns what putting one configuration in the place of another comes to. Pure. */
export function compareConfigs(before: ListenerConfig, after: ListenerConfig): ConfigChange {
  const differs = (name: "store" | "listen"): boolean => JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  return { changed: before.hash !== after.hash, restartNeeded: (["store", "listen"] as const).filter(differs) };
}
