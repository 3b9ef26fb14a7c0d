/** What is seen of a listener from outside, again and again. */
import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "../../../webhook/store.ts";
import { allOf, living, type Process, type Tree } from "./processes.ts";

/** A run that was seen running. */
export interface Sighting {
  readonly run: string;
  readonly lane: string;
  readonly fence: number;
}

export interface Watching extends AsyncDisposable {
  /** Each look at the store: all that ran then. */
  readonly looks: readonly (readonly Sighting[])[];
  /** Returns the processes that were seen, and are still there. */
  left(): Promise<readonly Process[]>;
}

/** Milliseconds between two looks. */
const pause = 40;

/** Looks at the runs of a store, and at processes, until it is disposed of. */
export function watchFromOutside(store: Store, trees: () => Promise<readonly Tree[]>): Watching {
  const seen = new Map<string, Process>();
  const looks: (readonly Sighting[])[] = [];
  const end = new AbortController();
  const look = async (): Promise<void> => {
    for (const tree of await trees()) for (const each of allOf(tree)) seen.set(`${each.pid} ${each.started}`, each);
    const running = await store.runs({ states: ["running"], limit: 100 }).catch(() => []);
    looks.push(running.map(({ id, lane, fence }) => ({ run: id, lane, fence })));
  };
  const looking = (async (): Promise<void> => {
    for (; !end.signal.aborted; await delay(pause)) await look();
  })();
  return {
    looks,
    left: () => living([...seen.values()]),
    async [Symbol.asyncDispose]() {
      end.abort();
      await looking;
    },
  };
}

/** Waits until something is so, and says what there is to say when that does not come to pass. */
export async function until(is: () => boolean | Promise<boolean>, tell: () => string, patience = 120_000): Promise<void> {
  for (const end = performance.now() + patience; !(await is()); await delay(pause))
    if (performance.now() > end) throw new Error(`it has not come to pass:\n${tell().slice(-8000)}`);
}
