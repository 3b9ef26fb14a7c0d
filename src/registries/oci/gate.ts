/** Runs work when fewer than the limit is under way, in the order in which it came. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Returns a gate that lets `limit` through at once. */
export function createGate(limit: number): Gate {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** Waits for all to end, also when one fails: that one aborts `failed` with its error, and is thrown. */
export async function settle(failed: AbortController, running: readonly Promise<unknown>[]): Promise<void> {
  for (const each of running) each.catch((error: unknown) => failed.abort(error));
  const settled = await Promise.allSettled(running);
  const first = settled.find((each) => each.status === "rejected");
  if (first !== undefined) throw first.reason;
}
