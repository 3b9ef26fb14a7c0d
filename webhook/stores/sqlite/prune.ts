import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { removeKeys } from "./keys.ts";

/** Rows that one transaction deletes, at most: others write between two. */
const batch = 200;
/** Lines of logs are short. */
const lineBatch = 1000;

/** Deletes what has ended, or was delivered, before a time of the wall clock. Returns how many runs and deliveries. */
export async function prune(opened: Opened, before: number): Promise<number> {
  const { access } = opened;
  let count = 0;
  for (let runs: readonly Row[]; (runs = await access.read("prune store", () => endedBefore(opened, before))).length > 0;) {
    const seqs = JSON.stringify(runs.map(({ seq }) => seq));
    // The bulk of them goes first, so that no transaction takes long.
    while ((await access.write("prune store", () => removeLogLines(opened, seqs))) === lineBatch);
    count += await access.write("prune store", () => removeRuns(opened, seqs, runs));
  }
  for (let removed = batch; removed === batch; count += removed) {
    removed = await access.write("prune store", () => removeDeliveries(opened, before));
  }
  await access.write("prune store", () => removeStaged(opened, before));
  await access.write("prune store", () => removeKeys(opened, before));
  await access.write("prune store", () => removeQueues(opened));
  if (count > 0) await giveBack(opened);
  return count;
}

/** Pages that one transaction gives back, at most: 4 MiB. */
const pageBatch = 1000;

/** Gives the space of what was deleted back to the file system. It does nothing in a file that was made without: see docs/listener.md. */
async function giveBack({ db, access }: Opened): Promise<void> {
  const free = (): number => Number(db.get("PRAGMA freelist_count")?.freelist_count);
  for (let left = free(), before = Infinity; left > 0 && left < before;) {
    await access.write("prune store", () => db.exec(`PRAGMA incremental_vacuum(${pageBatch})`));
    [before, left] = [left, free()];
  }
  await access.read("prune store", () => db.get("PRAGMA wal_checkpoint(PASSIVE)"));
}

/** Runs of deliveries that never came to be: their process ended in between. */
function removeStaged({ db }: Opened, before: number): number {
  return db.run(
    "DELETE FROM staged WHERE staged_at < :before AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.id = staged.delivery)",
    {
      before,
    },
  );
}

/** Repositories of which no run is left. */
function removeQueues({ db }: Opened): void {
  db.run("DELETE FROM report_queue WHERE NOT EXISTS (SELECT 1 FROM report WHERE report.queue = report_queue.name)");
  db.run("DELETE FROM look_queue WHERE NOT EXISTS (SELECT 1 FROM rollout WHERE rollout.repository = look_queue.name)");
}

/** What is still to be told of a run, which is given up after a day, or after a week where Flux is waited for, keeps it. */
function endedBefore({ db }: Opened, before: number): readonly Row[] {
  return db.all(
    `SELECT seq, lane FROM run WHERE ended_at < :before
       AND NOT EXISTS (SELECT 1 FROM report WHERE report.run = run.seq
         AND (report.due_at IS NOT NULL OR EXISTS (SELECT 1 FROM rollout WHERE rollout.run = run.seq AND rollout.due_at IS NOT NULL)))
     ORDER BY ended_at LIMIT :batch`,
    { before, batch },
  );
}

function removeLogLines({ db }: Opened, seqs: string): number {
  return db.run(
    `DELETE FROM log WHERE (run, line) IN
       (SELECT log.run, log.line FROM json_each(:seqs) AS gone JOIN log ON log.run = gone.value LIMIT :lineBatch)`,
    { seqs, lineBatch },
  );
}

/** Their journals go with them, and lanes that have no run any more. */
function removeRuns({ db }: Opened, seqs: string, runs: readonly Row[]): number {
  const removed = db.run("DELETE FROM run WHERE seq IN (SELECT value FROM json_each(:seqs))", { seqs });
  for (const lane of new Set(runs.map((run) => run.lane!))) {
    db.run("DELETE FROM lane WHERE seq = :lane AND NOT EXISTS (SELECT 1 FROM run WHERE lane = :lane)", { lane });
  }
  return removed;
}

function removeDeliveries({ db }: Opened, before: number): number {
  return db.run(
    `DELETE FROM delivery WHERE seq IN
       (SELECT seq FROM delivery WHERE received_at < :before AND NOT EXISTS (SELECT 1 FROM run WHERE run.delivery = delivery.seq) LIMIT :batch)`,
    { before, batch },
  );
}
