import type { Accepted, RunState, Store, StoredRun } from "../store.ts";

const failed: ReadonlySet<RunState> = new Set(["failed", "parked"]);

/** Runs of a delivery that are looked at: limits.runs is less, and each may have been repeated. */
const most = 10_000;

/** The deliveries whose runs are being repeated: the same one, twice at once, repeats each run once. */
const underWay = new Set<string>();

/** Queues those runs of a delivery again that have failed, and that nobody has repeated since. Returns the ids of the new ones. */
export async function rerunFailed({ delivery }: Accepted, store: Store): Promise<readonly string[]> {
  if (underWay.has(delivery)) return [];
  underWay.add(delivery);
  try {
    const runs = await store.runs({ delivery, limit: most });
    const made: string[] = [];
    for (const { id } of unrepeated(runs)) made.push(await store.rerun(id));
    return made;
  } finally {
    underWay.delete(delivery);
  }
}

/** Returns the failed runs that no other run repeats, in the order in which they were made. */
function unrepeated(runs: readonly StoredRun[]): readonly StoredRun[] {
  const repeated = new Set(runs.map(({ rerunOf }) => rerunOf));
  return runs.filter(({ id, state }) => failed.has(state) && !repeated.has(id)).reverse();
}
