import type { Recorded } from "../../../src/core/run/journal.ts";
import type { Json } from "../../../src/core/json.ts";
import type { Claim, LogLine } from "../../store.ts";
import { attemptOnClaim } from "../lifecycle/ending.ts";
import { runTaken } from "../lifecycle/id.ts";
import { settling } from "../lifecycle/report.ts";
import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { want } from "./report-rows.ts";
import { readClaim, readJson, selectRun } from "./rows.ts";

/** Of each source the first run, and of these the one of the source whose last claim is the longest ago. */
const nextRun = `
  SELECT run.seq, run.state, run.attempt, run.source FROM turn CROSS JOIN run ON run.seq =
    (SELECT seq FROM run WHERE source = turn.source AND next = 1 AND due_at <= :now ORDER BY due_at, seq LIMIT 1)
  ORDER BY turn.last, run.due_at, run.seq LIMIT 1`;

/** Reads whether there is a run to claim: workers ask often, and a transaction for nothing would keep others from writing. */
export function isAnyDue({ db, clock }: Opened): boolean {
  return db.get(nextRun, { now: clock.steady() }) !== undefined;
}

/** Within a transaction: gives the next run to a worker. */
export function claim(opened: Opened, worker: string, lease: number): Claim | undefined {
  const { db, clock } = opened;
  const now = clock.steady();
  const run = db.get(nextRun, { now });
  if (run === undefined) return undefined;
  const seq = run.seq!;
  const attempt = attemptOnClaim(run.state as "queued" | "waiting", Number(run.attempt));
  const fence = db.get("UPDATE fence SET last = last + 1 RETURNING last")!.last!;
  db.run("UPDATE turn SET last = :fence WHERE source = :source", { fence, source: run.source! });
  db.run(
    `UPDATE run SET state = 'running', next = 0, due_at = :leaseEnd, fence = :fence, worker = :worker, started_at = :wall, reason = NULL, waken_by = NULL, process_group = NULL,
       attempt = :attempt, claimed_after = (SELECT coalesce(max(seq), 0) FROM delivery)
     WHERE seq = :seq`,
    { seq, attempt, fence, worker, leaseEnd: now + lease, wall: clock.wall() },
  );
  want(opened, Number(seq), run.state === "waiting" ? settling : 0);
  return readClaim(db.get(`${selectRun} WHERE run.seq = :seq`, { seq })!);
}

/** Within a transaction: returns the row of a run that is still in these hands. Throws `conflict` when it is not. */
export function held({ db }: Opened, { id, fence }: Claim, doing: string): Row {
  const row = db.get("SELECT * FROM run WHERE id = :id AND fence = :fence AND state = 'running'", { id, fence });
  if (row !== undefined) return row;
  throw runTaken(doing, id);
}

/** Within a transaction: prolongs a lease from now. */
export function heartbeat(opened: Opened, claim: Claim, lease: number): { readonly canceled: boolean } {
  const run = held(opened, claim, "prolong lease");
  opened.db.run("UPDATE run SET due_at = :leaseEnd WHERE seq = :seq", { seq: run.seq!, leaseEnd: opened.clock.steady() + lease });
  return { canceled: run.cancel !== 0 };
}

/** Within a transaction: notes the group of a run's processes. */
export function noteGroup(opened: Opened, claim: Claim, group: number): void {
  const run = held(opened, claim, "note process");
  opened.db.run("UPDATE run SET process_group = :group WHERE seq = :seq", { seq: run.seq!, group });
}

/** Returns what a step has recorded. */
export function recorded({ db }: Opened, { id }: Claim, step: string, key: string): Recorded | undefined {
  const row = db.get(
    "SELECT result, changed FROM journal WHERE run = (SELECT seq FROM run WHERE id = :id) AND step = :step AND key = :key",
    {
      id,
      step,
      key,
    },
  );
  return row && { result: readJson<Json>(row.result)!, changed: row.changed === 1 };
}

/** Within a transaction: records what a step has done. */
export function record(opened: Opened, claim: Claim, step: string, key: string, { result, changed }: Recorded): void {
  const run = held(opened, claim, "record step");
  opened.db.run("INSERT OR REPLACE INTO journal (run, step, key, result, changed) VALUES (:run, :step, :key, :result, :changed)", {
    run: run.seq!,
    step,
    key,
    result: JSON.stringify(result),
    changed: Number(changed),
  });
}

/** Within a transaction: adds lines to a log. */
export function log(opened: Opened, claim: Claim, lines: readonly LogLine[]): void {
  addLines(opened, Number(held(opened, claim, "write log").seq), lines);
}

/** Within a transaction: adds lines to the log of a run. */
export function addLines(opened: Opened, run: number, lines: readonly LogLine[]): void {
  const last = Number(opened.db.get("SELECT max(line) AS last FROM log WHERE run = :run", { run })?.last ?? 0);
  for (const [index, { at, text }] of lines.entries()) {
    opened.db.run("INSERT INTO log (run, line, at, text) VALUES (:run, :line, :at, :text)", {
      run,
      line: last + 1 + index,
      at: at.getTime(),
      text,
    });
  }
}
