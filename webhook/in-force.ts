import { configServers } from "../src/config.ts";
import { formatPath, formatProblem } from "../src/config/problem.ts";
import { asFairleadError } from "../src/core/errors.ts";
import { exposureText } from "../src/core/file-exposure.ts";
import type { Redactor } from "../src/core/secret.ts";
import { openServers } from "../src/environment.ts";
import { openNetwork, readNetwork, type Network } from "../src/network.ts";
import { openSecretFiles } from "./config/open-files.ts";
import type { ConfigStore } from "./config/store.ts";
import type { ListenerConfig } from "./config.ts";
import { openSources, type OpenSource } from "./http/open-sources.ts";
import type { Logger } from "pino";
import type { Store } from "./store.ts";

/** The configuration in force, with what the files that it names held. */
export interface InForce {
  readonly config: ListenerConfig;
  readonly sources: readonly OpenSource[];
  readonly network: Network;
}

/** Reveals what a configuration names. Throws `input`. */
export async function reveal(config: ListenerConfig, redactor: Redactor, log: Logger): Promise<InForce> {
  const network = readNetwork(openServers(configServers(config), redactor)); // what no run could use is told now
  const sources = await openSources(config, redactor);
  for (const { file, exposure } of await openSecretFiles(config))
    log.warn({ file, hint: `chmod 600 ${file}` }, `a secret ${exposureText(exposure)}`);
  for (const { path, message } of config.warnings) log.warn({ path: formatPath(path) }, message);
  for (const warning of network.warnings) log.warn(warning);
  return { config, sources, network };
}

/** Keeps a configuration for the runs that it will make. Throws `unavailable` when it cannot be stored. */
export async function putInForce({ hash, text }: ListenerConfig, store: Store): Promise<void> {
  await store.keepConfig(hash, text);
  await store.putInForce(hash);
}

/** What a configuration is read again with. */
interface ReloadParts {
  readonly files: ConfigStore;
  readonly store: Store;
  readonly redactor: Redactor;
  readonly log: Logger;
}

/** Reads the configuration again, and the files that it names. What is wrong is told, and undefined returned: the old one goes on. */
export async function reload(before: InForce, { files, store, redactor, log }: ReloadParts): Promise<InForce | undefined> {
  try {
    const read = await files.reload();
    if (!read.accepted) throw read.error;
    const next = await reveal(read.config, redactor, log);
    await putInForce(read.config, store);
    openNetwork(next.network, before.network);
    const changed = next.config.hash !== before.config.hash || next.network.certificates.join() !== before.network.certificates.join();
    log.info({ config: next.config.hash, changed, restartNeeded: read.restartNeeded }, "configuration read again");
    return next;
  } catch (error) {
    const { message, hint, problems } = asFairleadError(error);
    const told = problems.length > 0 ? problems.map(formatProblem) : [message];
    log.error({ problems: told.map((each) => redactor.redact(each)), hint }, "configuration refused: the old one goes on");
    return undefined;
  }
}
