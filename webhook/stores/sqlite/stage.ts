/**
 * Runs of a delivery that has many. They are stored in parts under the delivery's id before the delivery is, and count from its transaction on. Whoever
 * opens the file queues what a dead process has left.
 */
import type { NewRun, Pace } from "../../store.ts";
import type { Opened } from "./context.ts";
import { enqueue } from "./lanes.ts";
import { readJson } from "./rows.ts";

/** A run that has its id. */
export interface MadeRun {
  readonly id: string;
  readonly run: NewRun;
}

interface Part {
  readonly runs: readonly MadeRun[];
  readonly pace?: Pace | undefined;
}

/** Runs that one transaction writes, at most: others write between two. */
export const mostRuns = 50;

/** Stores the runs of a delivery that is not there yet. */
export async function stage(
  { db, access, clock }: Opened,
  delivery: string,
  runs: readonly MadeRun[],
  pace: Pace | undefined,
): Promise<void> {
  for (let from = 0; from < runs.length; from += mostRuns) {
    const part: Part = { runs: runs.slice(from, from + mostRuns), pace };
    await access.write(
      "accept delivery",
      () => db.run(insertStaged, { delivery, from, stagedAt: clock.wall(), part: JSON.stringify(part) }),
      mostRuns,
    );
  }
}

const insertStaged = "INSERT INTO staged (delivery, first, staged_at, part) VALUES (:delivery, :from, :stagedAt, :part)";

/** Removes the runs of a delivery that did not become one. */
export async function dropStaged({ db, access }: Opened, delivery: string): Promise<void> {
  await access.write("accept delivery", () => db.run("DELETE FROM staged WHERE delivery = :delivery", { delivery }), mostRuns);
}

/** CROSS: SQLite would otherwise look for each delivery among them. */
const nextStaged = `
  SELECT staged.delivery, staged.first, staged.part, delivery.seq, delivery.source FROM staged CROSS JOIN delivery ON delivery.id = staged.delivery
  ORDER BY delivery.seq, staged.first LIMIT 1`;

/** Reads whether runs of a delivery that is there are to be queued yet. */
export function isAnyStaged({ db }: Opened): boolean {
  return db.get(nextStaged) !== undefined;
}

/** Queues the runs of all deliveries that are there. */
export async function enqueueStaged(opened: Opened): Promise<void> {
  while (await opened.access.write("accept delivery", () => enqueuePart(opened), mostRuns));
}

/** Within a transaction: queues the next part. Returns false when there is none. */
function enqueuePart(opened: Opened): boolean {
  const { db } = opened;
  const row = db.get(nextStaged);
  if (row === undefined) return false;
  const { runs, pace } = readJson<Part>(row.part)!;
  for (const { id, run } of runs) enqueue(opened, run, { id, delivery: Number(row.seq), source: String(row.source), pace });
  db.run("DELETE FROM staged WHERE delivery = :delivery AND first = :first", { delivery: row.delivery!, first: row.first! });
  return true;
}
