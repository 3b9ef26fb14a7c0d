import type { LanePolicy, NewRun } from "../../store.ts";
import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";

/** What a run is queued as. */
interface Queued {
  readonly id: string;
  /** The number of the delivery that it came with. */
  readonly delivery: number;
  /** The run that it is made anew of. */
  readonly rerunOf?: string;
}

/** Queues a run in its lane. */
export function enqueue(opened: Opened, run: NewRun, { id, delivery, rerunOf }: Queued): void {
  const { db, clock } = opened;
  const [{ lane, policy }, wall] = [laneOf(opened, run), clock.wall()];
  const dueAt = policy === "newest" ? makeWay(opened, run, lane) : clock.steady();
  db.run(insertRun, {
    ...{ id, delivery, lane, policy, dueAt, maxAttempts: run.maxAttempts, createdAt: wall, pipeline: run.pipeline },
    ...{ route: run.route, cancelRunning: Number(run.cancelRunning), configHash: run.configHash, timeout: run.timeoutMilliseconds },
    ...{ rerunOf: rerunOf ?? null, event: JSON.stringify(run.event), input: JSON.stringify(run.input) },
  });
}

/** It is the next of its lane when nothing is before it. */
const insertRun = `
  INSERT INTO run (id, delivery, lane, policy, state, next, due_at, max_attempts, created_at,
    pipeline, route, cancel_running, config_hash, timeout, rerun_of, event, input)
  VALUES (:id, :delivery, :lane, :policy, 'queued',
    NOT EXISTS (SELECT 1 FROM run WHERE lane = :lane AND state IN ('running', 'waiting'))
      AND NOT EXISTS (SELECT 1 FROM run WHERE lane = :lane AND state = 'queued'),
    :dueAt, :maxAttempts, :createdAt, :pipeline, :route, :cancelRunning, :configHash, :timeout, :rerunOf, :event, :input)`;

/**
 * Returns the lane of a run, and the policy that it has: the run's own, unless runs of another wait in it. Then the configuration has changed meanwhile,
 * and those are ended as they were begun.
 */
function laneOf({ db }: Opened, { lane: name, policy }: NewRun): { readonly lane: number; readonly policy: LanePolicy } {
  const known =
    db.get("SELECT seq, policy FROM lane WHERE name = :name", { name }) ??
    db.get("INSERT INTO lane (name, policy) VALUES (:name, :policy) RETURNING seq, policy", { name, policy });
  const lane = Number(known?.seq);
  if (known?.policy === policy) return { lane, policy };
  const unended = db.get("SELECT policy FROM run WHERE lane = :lane AND state IN ('queued', 'running', 'waiting') LIMIT 1", { lane });
  if (unended !== undefined) return { lane, policy: unended.policy as LanePolicy };
  db.run("UPDATE lane SET policy = :policy WHERE seq = :lane", { policy, lane });
  return { lane, policy };
}

/**
 * Supersedes what is queued in a lane and, if the new run says so, cancels what holds it. Returns when the new one may start: it inherits the place of
 * the one that it supersedes, else a lane that gets a new run every minute would never be the one that waits longest.
 */
function makeWay(opened: Opened, run: NewRun, lane: number): number {
  const { db, clock } = opened;
  const superseded = db.get("SELECT seq, due_at FROM run WHERE lane = :lane AND state = 'queued'", { lane });
  if (superseded !== undefined) end(opened, superseded, "superseded");
  if (run.cancelRunning) {
    const holder = db.get("SELECT * FROM run WHERE lane = :lane AND state IN ('running', 'waiting')", { lane });
    if (holder !== undefined) cancelUnended(opened, holder);
  }
  return Math.min(clock.steady(), Number(superseded?.due_at ?? Infinity));
}

/** Cancels a run that has not ended: a running one is asked to, all others are at once. */
export function cancelUnended(opened: Opened, run: Row): "running" | "canceled" {
  if (run.state !== "running") {
    end(opened, run, "canceled");
    advance(opened, Number(run.lane));
    return "canceled";
  }
  opened.db.run("UPDATE run SET cancel = 1 WHERE seq = :seq", { seq: Number(run.seq) });
  return "running";
}

/** Ends a run for which no worker has to be asked. Whoever calls it sees to the lane. */
function end(opened: Opened, run: Row, state: "superseded" | "canceled"): void {
  const [seq, endedAt] = [Number(run.seq), opened.clock.wall()];
  opened.db.run("UPDATE run SET state = :state, next = 0, ended_at = :endedAt, reason = NULL WHERE seq = :seq", { state, seq, endedAt });
}

/** Marks the first run of a lane as one that a worker may get, if nothing holds the lane. To be called whenever a run of it has got another state. */
export function advance({ db }: Opened, lane: number): void {
  db.run(
    `UPDATE run SET next = 1
     WHERE seq = (SELECT seq FROM run WHERE lane = :lane AND state = 'queued' ORDER BY seq LIMIT 1)
       AND next = 0
       AND NOT EXISTS (SELECT 1 FROM run WHERE lane = :lane AND state IN ('running', 'waiting'))`,
    { lane },
  );
}
