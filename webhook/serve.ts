import { once } from "node:events";
import { asFairleadError } from "../src/core/errors.ts";
import type { Redactor } from "../src/core/secret.ts";
import { openNetwork } from "../src/network.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { openConfigStore } from "./config/store.ts";
import type { ListenerConfig } from "./config.ts";
import { createKeyFetcher } from "./key-fetcher.ts";
import type { Logger } from "pino";
import { createLog } from "./log.ts";
import { receivers } from "./receivers/index.ts";
import { acceptDelivery } from "./http/accept.ts";
import { createIntake } from "./http/body.ts";
import { healthHandlers, type Health } from "./http/health.ts";
import { hookHandlers, type HookParts } from "./http/hooks.ts";
import { putInForce, reload, reveal, type InForce } from "./in-force.ts";
import { addressList } from "./http/peer.ts";
import { listen } from "./http/listen.ts";
import { createRouter, type Router } from "./http/router.ts";
import { createHttpServer } from "./http/server.ts";
import { stopperOf } from "./http/stop.ts";
import { watchStoring, type Storing } from "./storing.ts";
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
  /** The environment, in which systemd says which sockets it hands over. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Accepts deliveries and has their runs performed until it is to stop. Throws `input` for what is wrong with the configuration, before it listens. */
export async function serve({ config: path, redactor, signal, onReload, env }: ServeOptions): Promise<void> {
  const log = createLog(null);
  const files = await openConfigStore(path, { receivers, pipelines });
  const started = files.current();
  let inForce = await reveal(started, redactor, log);
  openNetwork(inForce.network); // for the keys that senders sign with; a run does so itself
  await using opened = await openStore(started.store);
  const storing = watchStoring(opened, () => performance.now());
  const { store } = storing;
  const kept = Promise.withResolvers<void>();
  kept.promise.catch(() => undefined);
  const fetcher = createKeyFetcher();
  const hooks: HookParts = {
    async accept(source, request) {
      await kept.promise;
      const acceptance = await acceptDelivery(source, request, { config: inForce.config, store, fetcher });
      if (acceptance.response.status === 202) workers?.wake();
      return acceptance;
    },
    intake: createIntake(() => inForce.config.limits.bodiesBytes),
  };
  let workers: WorkerPool | undefined;
  const health = healthHandlers(() => healthOf(storing, workers, log));
  const routerOf = ({ sources }: InForce): Router => createRouter([...health, ...hookHandlers(sources, hooks)], started.listen.path);
  let router = routerOf(inForce);
  const isProxy = addressList(started.listen.proxies);
  const server = createHttpServer({
    router: () => router,
    // What is refused is what somebody has to look at.
    log: (entry) => ("refused" in entry ? log.warn(entry, "delivery") : log.info(entry, "delivery")),
    requestMilliseconds: started.limits.requestMilliseconds,
    keepAliveMilliseconds: started.limits.keepAliveMilliseconds,
    stopping: () => signal.aborted,
    connections: () => ({ ...inForce.config.limits, isProxy }),
  });
  const stopServer = stopperOf(server);
  let reloaded = Promise.resolve();
  onReload(() => {
    // one after another: a secret that is slow to be revealed must not bring back what was replaced meanwhile
    reloaded = reloaded.then(async () => {
      inForce = (await reload(inForce, { files, store, redactor, log })) ?? inForce;
      router = routerOf(inForce);
      workers?.resize(inForce.config.workers.count);
    });
  });
  try {
    // first: a second listener at the address of another changes nothing, and takes no run from it
    const address = await listen(server, started.listen, env);
    await putInForce(started, store).then(kept.resolve, (error: unknown) => {
      kept.reject(error);
      throw error;
    });
    workers = startWorkers(inForce.config, log);
    log.info({ ...address, sources: started.sources.length, routes: started.routes.length }, "listening");
    if (!signal.aborted) await once(signal, "abort");
    log.info("stopping");
  } finally {
    await Promise.all([stopServer(started.limits.requestMilliseconds), workers?.stop()]);
  }
}

function startWorkers({ store, retentionMilliseconds, workers: { timings, count } }: ListenerConfig, log: Logger): WorkerPool {
  return startWorkerPool(count, { store, timings, retentionMilliseconds, log: (entry) => log.warn(entry) });
}

/** Anybody may ask: what is wrong with the store is for the log alone. */
async function healthOf(storing: Storing, workers: WorkerPool | undefined, log: Logger): Promise<Health> {
  const stored = await storing.store.runs({ limit: 1 }).then(
    () => (storing.isPossible() ? "ok" : "nothing can be stored"),
    (error: unknown) => {
      log.error({ error: asFairleadError(error).message }, "store");
      return "it did not answer";
    },
  );
  const { alive, engineAway } = workers?.status() ?? { alive: 0, engineAway: false };
  const parts = { store: stored, workers: alive > 0 ? "ok" : "none is running", engine: engineAway ? "it did not answer" : "ok" };
  return { ready: Object.values(parts).every((each) => each === "ok"), parts };
}
