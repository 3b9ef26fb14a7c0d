import { asFairleadError } from "./errors.ts";

/** Runs work as soon as fewer than the limit are running, first come, first served. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** Returns a limiter that runs at most `limit` at once. */
export function createLimiter(limit: number): Limiter {
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

/**
 * Returns what `work` makes of each of a list, in the list's order, with at most `limit` running at once. After a failure it starts no more,
 * waits for those that run, and throws as `settleAll` does.
 */
export async function mapLimited<T, R>(limit: number, list: readonly T[], work: (each: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const rest = list.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, each] of rest) {
      if (failed) return;
      results[index] = await work(each);
    }
  };
  const workers = Array.from({ length: Math.min(limit, list.length) }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  await settleAll(workers);
  return results;
}

/** Waits for all, then returns their results or throws the first error, with the others as its cause. */
export async function settleAll<const T extends readonly Promise<unknown>[]>(
  running: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(running);
  const [first, ...others] = settled.flatMap((each) => (each.status === "rejected" ? [asFairleadError(each.reason)] : []));
  if (first !== undefined && others.length > 0)
    first.cause = new AggregateError([first.cause, ...others].filter((each) => each !== undefined));
  if (first !== undefined) throw first;
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as { -readonly [K in keyof T]: Awaited<T[K]> };
}
