import { asFairleadError } from "../src/core/errors.ts";
import type { Store } from "./store.ts";

/** A store, and whether deliveries can be stored there. */
export interface Storing {
  readonly store: Store;
  /** False from the first delivery that could not be stored until as much can be stored again. Tries that once in a while, and waits for nothing. */
  isPossible(): boolean;
}

/** Milliseconds between two tries. */
const pause = 1_000;

/**
 * Returns a store that remembers which delivery could not be stored. Small ones may fit on a disk that is full for a large one: so only what is as
 * large counts as the proof that it can be done again. `now` returns milliseconds.
 */
export function watchStoring(store: Store, now: () => number): Storing {
  let missed: number | undefined;
  let nextTry = 0;
  let trying = false;
  const stored = (bytes: number): void => {
    if (missed !== undefined && bytes >= missed) missed = undefined;
  };
  const tryAgain = async (bytes: number): Promise<void> => {
    trying = true;
    await store.probe(bytes).then(
      () => stored(bytes),
      () => undefined,
    );
    [trying, nextTry] = [false, now() + pause];
  };
  return {
    store: {
      ...store,
      async accept(delivery, runs, pace) {
        const bytes = delivery.body.length;
        try {
          const accepted = await store.accept(delivery, runs, pace);
          if (!accepted.duplicate) stored(bytes);
          return accepted;
        } catch (error) {
          if (asFairleadError(error).code === "unavailable") missed = Math.max(missed ?? 0, bytes);
          throw error;
        }
      },
    },
    isPossible() {
      if (missed !== undefined && !trying && now() >= nextTry) void tryAgain(missed);
      return missed === undefined;
    },
  };
}
