import { connect, createServer, type Server, type Socket } from "node:net";
import { FairleadError } from "../../../core/errors.ts";
import type { EngineOptions } from "./places.ts";

/** Milliseconds of waiting that a person would notice. A mere look at the engine holds the lock for less. */
const notable = 1000;

/**
 * Runs `work` while no other process of this host runs under the lock, by default the engine's.
 * The lock is a listening socket with an abstract name (unix(7)). The kernel gives it to one process, and takes it back
 * however that process ends: no lock is ever stale. A waiting process holds a connection to it.
 */
export async function withHostLock<T>({ report, signal }: EngineOptions, work: () => Promise<T>, what = "engine"): Promise<T> {
  const name = `\0fairlead/${what}`;
  const waiting = new Set<Socket>();
  const server = createServer((other) => waiting.add(other.on("error", () => undefined)));
  const patience = setTimeout(() => report("waiting for another fairlead that starts or stops the engine"), notable);
  try {
    while (!(await listens(server, name))) {
      await released(name, signal);
      if (signal.aborted) throw new FairleadError("canceled", "start engine: canceled");
    }
  } finally {
    clearTimeout(patience);
  }
  try {
    return await work();
  } finally {
    server.close();
    for (const other of waiting) other.destroy();
  }
}

function listens(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => (error.code === "EADDRINUSE" ? resolve(false) : reject(error));
    server.once("error", refused);
    server.listen(name, () => {
      server.off("error", refused);
      resolve(true);
    });
  });
}

/** Waits until the process that has the lock releases it or ends, or the signal is aborted. */
function released(name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const held = connect({ path: name, signal });
    held.on("error", () => resolve());
    held.on("close", () => resolve());
    held.resume();
  });
}
