import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { configServers } from "../src/config.ts";
import { asFairleadError, FairleadError } from "../src/core/errors.ts";
import { bracketed } from "../src/core/ipv6.ts";
import type { Redactor } from "../src/core/secret.ts";
import { openServers } from "../src/environment.ts";
import { openNetwork } from "../src/network.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { exposureText } from "../src/core/file-exposure.ts";
import { openSecretFiles } from "./config/open-files.ts";
import { openConfigStore, type ConfigStore } from "./config/store.ts";
import type { ListenerConfig } from "./config.ts";
import { createKeyFetcher } from "./key-fetcher.ts";
import type { Logger } from "pino";
import { createLog } from "./log.ts";
import { receivers } from "./receivers/index.ts";
import { acceptDelivery } from "./http/accept.ts";
import { createIntake } from "./http/body.ts";
import { healthHandlers, type Health } from "./http/health.ts";
import { hookHandlers, type HookParts } from "./http/hooks.ts";
import { openSources, type OpenSource } from "./http/open-sources.ts";
import { addressList } from "./http/peer.ts";
import { createRouter } from "./http/router.ts";
import { createHttpServer } from "./http/server.ts";
import type { Store } from "./store.ts";
import { openStore } from "./stores/index.ts";
import { startWorkerPool, type WorkerPool } from "./worker/pool.ts";

/** Options of the listener. */
export interface ServeOptions {
  /** The path of fairlead.yaml. */
  readonly config: string;
  readonly redactor: Redactor;
  /** Aborted to stop the listener. */
  readonly signal: AbortSignal;
  /** Calls the listener when the configuration is to be read again. */
  readonly onReload: (listener: () => void) => void;
}

/** The configuration in force, with the secrets of its sources. */
interface InForce {
  readonly config: ListenerConfig;
  readonly sources: readonly OpenSource[];
}

/** Accepts deliveries and has their runs performed until it is to stop. Throws `input` for what is wrong with the configuration, before it listens. */
export async function serve({ config: path, redactor, signal, onReload }: ServeOptions): Promise<void> {
  const log = createLog(null);
  const files = await openConfigStore(path, { receivers, pipelines });
  const started = files.current();
  openNetwork(configServers(started)); // for the keys that senders sign with; a run does so itself
  await using store = await openStore(started.store);
  let inForce = await putInForce(started, store, redactor, log);
  const { timings, count } = started.workers;
  const workers = startWorkerPool(count, {
    store: started.store,
    timings,
    retentionMilliseconds: started.retentionMilliseconds,
    log: (entry) => log.warn(entry),
  });
  const fetcher = createKeyFetcher();
  const hooks: HookParts = {
    async accept(source, request) {
      const acceptance = await acceptDelivery(source, request, { config: inForce.config, store, fetcher });
      if (acceptance.response.status === 202) workers.wake();
      return acceptance;
    },
    intake: createIntake(() => inForce.config.limits.bodiesBytes),
    stopping: () => signal.aborted,
  };
  const health = healthHandlers(() => healthOf(store, workers, log));
  let router = createRouter([...health, ...hookHandlers(inForce.sources, hooks)]);
  const isProxy = addressList(started.listen.proxies);
  const server = createHttpServer({
    router: () => router,
    // What is refused is what somebody has to look at.
    log: (entry) => ("refused" in entry ? log.warn(entry, "delivery") : log.info(entry, "delivery")),
    requestMilliseconds: started.limits.requestMilliseconds,
    connections: () => ({ ...inForce.config.limits, isProxy }),
  });
  let reloaded = Promise.resolve();
  onReload(() => {
    // one after another: a secret that is slow to be revealed must not bring back what was replaced meanwhile
    reloaded = reloaded.then(async () => {
      inForce = (await reload(files, store, redactor, log)) ?? inForce;
      router = createRouter([...health, ...hookHandlers(inForce.sources, hooks)]);
      workers.resize(inForce.config.workers.count);
    });
  });
  try {
    const { address: host, port } = await listen(server, started.listen);
    log.info({ host, port, sources: started.sources.length, routes: started.routes.length }, "listening");
    if (!signal.aborted) await once(signal, "abort");
    log.info("stopping");
  } finally {
    server.close();
    server.closeIdleConnections();
    await workers.stop();
    server.closeAllConnections();
  }
}

/** Returns the address at which the server listens now. Throws `unavailable` when it cannot be had. */
async function listen(server: Server, { host, port }: ListenerConfig["listen"]): Promise<AddressInfo> {
  server.listen(port, host);
  await once(server, "listening").catch((error: unknown) => {
    throw new FairleadError(
      "unavailable",
      `listen at ${bracketed(host)}:${port}: ${(error as NodeJS.ErrnoException).code ?? "it cannot be"}`,
      {
        hint: "name another address under listen, or stop who is there",
      },
    );
  });
  return server.address() as AddressInfo;
}

/** Reveals what a configuration names and keeps it for the runs that it will make. Throws `input`, and `unavailable` when it cannot be stored. */
async function putInForce(config: ListenerConfig, store: Store, redactor: Redactor, log: Logger): Promise<InForce> {
  openServers(configServers(config), redactor); // what no run could use is told now
  const sources = await openSources(config, redactor);
  for (const { file, exposure } of await openSecretFiles(config))
    log.warn({ file, hint: `chmod 600 ${file}` }, `a secret ${exposureText(exposure)}`);
  for (const { path, message } of config.warnings) log.warn({ path }, message);
  await store.keepConfig(config.hash, config.text);
  await store.putInForce(config.hash);
  return { config, sources };
}

/** Reads the configuration again. One that is wrong is told, and undefined: the old one goes on. */
async function reload(files: ConfigStore, store: Store, redactor: Redactor, log: Logger): Promise<InForce | undefined> {
  try {
    const read = await files.reload();
    if (!read.accepted) throw read.error;
    const next = await putInForce(read.config, store, redactor, log);
    const { hash } = next.config;
    log.info({ config: hash, changed: read.changed, restartNeeded: read.restartNeeded }, "configuration read again");
    return next;
  } catch (error) {
    const { message, hint } = asFairleadError(error);
    log.error({ problems: redactor.redact(message).split("; "), hint }, "configuration refused: the old one goes on");
    return undefined;
  }
}

/** Anybody may ask: what is wrong with the store is for the log alone. */
async function healthOf(store: Store, workers: WorkerPool, log: Logger): Promise<Health> {
  const stored = await store.runs({ limit: 1 }).then(
    () => "ok",
    (error: unknown) => {
      log.error({ error: asFairleadError(error).message }, "store");
      return "it did not answer";
    },
  );
  const { alive, engineAway } = workers.status();
  const parts = { store: stored, workers: alive > 0 ? "ok" : "none is running", engine: engineAway ? "it did not answer" : "ok" };
  return { ready: Object.values(parts).every((each) => each === "ok"), parts };
}
