import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { FairleadError } from "../../../src/core/errors.ts";
import type { Database } from "./database.ts";
import { isBusy, storeFailure } from "./failure.ts";

/** Reads and writes without standing still for a lock of another process. */
export interface FileAccess {
  /**
   * Does `work` in a transaction, together with other work of this turn of the event loop, and returns when it is on disk. `weight` says as how much
   * it counts there (default: 1), so that no transaction takes long.
   */
  write<T>(doing: string, work: () => T, weight?: number): Promise<T>;
  /** Reads, outside of any transaction. */
  read<T>(doing: string, work: () => T): Promise<T>;
  /** Ends what was begun, then closes the file. */
  close(): Promise<void>;
}

/** One piece of work whose caller waits. */
interface Item {
  readonly doing: string;
  readonly work: () => unknown;
  readonly weight: number;
  readonly until: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A transaction of more weight than that would hold up the event loop. */
const largestGroup = 128;
/** The longest pause, in milliseconds, before a locked file is tried again. It is shorter by chance, so that two processes do not keep meeting. */
const longestPause = 25;

/**
 * Returns the access to a file by group commit: the sync to disk is what a transaction costs, so all work of one turn shares one. Whoever has waited
 * for a lock for `patience` milliseconds gets `unavailable`, and what it wanted was not done.
 */
export function accessTo(db: Database, file: string, patience: number): FileAccess {
  const queue: Item[] = [];
  let draining: Promise<void> | undefined;
  let closed = false;

  async function drain(): Promise<void> {
    for (await nextTurn(); queue.length > 0; await nextTurn()) {
      const group = queue.splice(0, groupOf(queue));
      const busy = commit(db, file, group);
      if (busy.length === 0) continue;
      queue.unshift(...busy);
      await pause(Math.random() * longestPause);
    }
    draining = undefined;
  }

  function begin(): number {
    if (closed) throw new FairleadError("unavailable", `use store: ${file} was closed`);
    return performance.now() + patience;
  }

  return {
    async write<T>(doing: string, work: () => T, weight = 1) {
      const until = begin();
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      queue.push({ doing, work, weight, until, resolve, reject });
      draining ??= drain();
      return (await promise) as T;
    },
    async read(doing, work) {
      for (const until = begin(); ; await pause(Math.random() * longestPause)) {
        try {
          return work();
        } catch (error) {
          if (!isBusy(error) || performance.now() > until) throw storeFailure(doing, file, error);
        }
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await draining;
      db.close();
    },
  };
}

/** Returns how many items of a queue are one group: the first, and those after it that are not too heavy. */
function groupOf(queue: readonly Item[]): number {
  let weight = 0;
  const first = queue.findIndex((item) => (weight += item.weight) > largestGroup);
  return first < 0 ? queue.length : Math.max(1, first);
}

/**
 * Commits a group. When it fails as a whole, each item is tried alone, so that a bad one fails no other. Returns the items that a lock held off and
 * whose callers still have patience.
 */
function commit(db: Database, file: string, group: readonly Item[]): readonly Item[] {
  try {
    const values = db.transact(() => group.map(({ work }) => work()));
    for (const [index, { resolve }] of group.entries()) resolve(values[index]);
    return [];
  } catch (error) {
    if (group.length > 1 && !isBusy(error)) return group.flatMap((item) => commit(db, file, [item]));
    const patient = isBusy(error) ? group.filter(({ until }) => performance.now() < until) : [];
    for (const { doing, reject } of group.filter((item) => !patient.includes(item))) reject(storeFailure(doing, file, error));
    return patient;
  }
}
