import type { NewReports, StoredSubject } from "../../store-reports.ts";
import type { Opened } from "./context.ts";
import { readJson } from "./rows.ts";

/** Within a transaction: a run is to be told of, from its first state on. */
export function insertReports({ db, clock }: Opened, id: string, route: string, { reporters, subject }: NewReports): void {
  const place = subject === undefined ? null : `${subject.repository} ${subject.commit}`;
  const queue = subject?.repository ?? route;
  db.run("INSERT OR IGNORE INTO report_queue (name) VALUES (:queue)", { queue });
  for (const reporter of new Set(reporters)) {
    const about = subject === undefined ? null : JSON.stringify(subject);
    db.run(insert, { id, reporter, subject: about, place, route, queue, now: clock.steady() });
  }
}

const insert = `
  INSERT INTO report (run, reporter, subject, place, route, queue, wanted_at, due_at)
  SELECT seq, :reporter, :subject, :place, :route, :queue, :now, :now FROM run WHERE id = :id`;

/** Returns the reports of a run as they were made, for a run that repeats it. */
export function reportsOf({ db }: Opened, seq: number): NewReports | undefined {
  const rows = db.all("SELECT reporter, subject FROM report WHERE run = :seq ORDER BY reporter", { seq });
  if (rows.length === 0) return undefined;
  return { reporters: rows.map(({ reporter }) => String(reporter)), subject: readJson<StoredSubject>(rows[0]?.subject) };
}

/**
 * Within a transaction: what is told of a run has changed. To be called by whoever changes its state, or what has become of its pull request. What is
 * being sent, or rests after a failure, is not due earlier for it.
 */
export function want({ db, clock }: Opened, seq: number, after = 0): void {
  const now = clock.steady();
  db.run(
    `UPDATE report SET wanted = wanted + 1, wanted_at = :now,
       due_at = CASE WHEN due_at IS NULL THEN :due WHEN sender IS NULL AND attempt = 0 THEN min(due_at, :due) ELSE due_at END
     WHERE run = :seq`,
    { seq, now, due: now + after },
  );
}
