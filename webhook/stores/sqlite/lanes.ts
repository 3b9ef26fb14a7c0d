import type { LanePolicy, NewRun, Pace, RunState } from "../../store.ts";
import type { Event } from "../../../src/core/event.ts";
import { stateOnCancel } from "../lifecycle/ending.ts";
import { enterLane, nextInLane, policyInLane, spanEvents, startAfter, type Lane } from "../lifecycle/lane.ts";
import { newId, type Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { insertReports, want } from "./report-rows.ts";
import { readJson } from "./rows.ts";

/** The identity of a new run. */
interface Queued {
  readonly id: string;
  /** The number of the delivery that it came with. */
  readonly delivery: number;
  /** The source of that delivery. */
  readonly source: string;
  readonly pace?: Pace | undefined;
  /** The run that it is made anew of. */
  readonly rerunOf?: string;
}

/** The rows of a lane on which its rules depend. */
interface LaneRows extends Lane<{ readonly seq: number; readonly dueAt: number }> {
  readonly holder: { readonly state: "running" | "waiting"; readonly row: Row } | undefined;
}

/** Returns what holds a lane, and the first run that is queued there. Each is the first entry of an index, however many runs the lane has. */
export function readLane({ db }: Opened, lane: number): LaneRows {
  const row = db.get("SELECT * FROM run WHERE lane = :lane AND state IN ('running', 'waiting')", { lane });
  const first = db.get("SELECT seq, due_at FROM run WHERE lane = :lane AND state = 'queued' ORDER BY seq LIMIT 1", { lane });
  return {
    holder: row && { state: row.state as "running" | "waiting", row },
    first: first && { seq: Number(first.seq), dueAt: Number(first.due_at) },
  };
}

/** Within a transaction: queues a run in its lane. */
export function enqueue(opened: Opened, run: NewRun, { id, delivery, source, pace, rerunOf }: Queued): void {
  const { db, clock } = opened;
  const { lane, policy } = nameLane(opened, run);
  const before = readLane(opened, lane);
  const start = pace === undefined ? clock.steady() : startOf(opened, source, pace);
  const { supersedes, cancelsHolder, dueAt, isNext } = enterLane({ policy, cancelRunning: run.cancelRunning }, before, start);
  if (supersedes) endAtOnce(opened, before.first!.seq, "superseded");
  const event = supersedes ? spanEvents(run.event, eventOf(opened, before.first!.seq)) : run.event;
  if (cancelsHolder) cancel(opened, before.holder!.row, canceledByLane);
  db.run(insertRun, {
    id,
    delivery,
    source,
    lane,
    policy,
    dueAt,
    next: Number(isNext),
    maxAttempts: run.maxAttempts,
    createdAt: clock.wall(),
    pipeline: run.pipeline,
    route: run.route,
    cancelRunning: Number(run.cancelRunning),
    configHash: run.configHash,
    timeout: run.timeoutMilliseconds,
    rerunOf: rerunOf ?? null,
    event: JSON.stringify(event),
    input: JSON.stringify(run.input),
  });
  if (run.reports !== undefined) insertReports(opened, id, run.route, run.reports);
  db.run("INSERT INTO turn (source, last) VALUES (:source, 0) ON CONFLICT DO NOTHING", { source });
}

function eventOf({ db }: Opened, seq: number): Event {
  return readJson<Event>(db.get("SELECT event FROM run WHERE seq = :seq", { seq })?.event)!;
}

/** Within a transaction: lets the first queued run of a lane stand for one, too, that was not done for its sake. */
export function standFor(opened: Opened, lane: number, { event }: Row): void {
  const { first } = readLane(opened, lane);
  if (first === undefined) return;
  const both = spanEvents(eventOf(opened, first.seq), readJson<Event>(event)!);
  opened.db.run("UPDATE run SET event = :both WHERE seq = :seq", { seq: first.seq, both: JSON.stringify(both) });
}

/** Within a transaction: queues a run with the delivery of another one, whose place it takes. */
export function enqueueAfter(opened: Opened, run: NewRun, { delivery, source }: Row): void {
  enqueue(opened, run, { id: newId(opened.clock.wall()), delivery: Number(delivery), source: String(source) });
}

/** Returns when a new run of a source may start. */
function startOf({ db, clock }: Opened, source: string, pace: Pace): number {
  const now = clock.steady();
  const beyond = db.get("SELECT 1 FROM run WHERE source = :source AND state = 'queued' LIMIT 1 OFFSET :last", {
    source,
    last: pace.queued - 1,
  });
  if (beyond === undefined) return now;
  const last = db.get("SELECT max(due_at) AS last FROM run WHERE source = :source AND state = 'queued'", { source });
  return startAfter(Number(last?.last), pace, now);
}

const insertRun = `
  INSERT INTO run (id, delivery, source, lane, policy, state, next, due_at, max_attempts, created_at,
    pipeline, route, cancel_running, config_hash, timeout, rerun_of, event, input)
  VALUES (:id, :delivery, :source, :lane, :policy, 'queued', :next, :dueAt, :maxAttempts, :createdAt,
    :pipeline, :route, :cancelRunning, :configHash, :timeout, :rerunOf, :event, :input)`;

/** Returns the number of a run's lane, which is made if there is none, and the policy that the run has there. */
function nameLane({ db }: Opened, { lane: name, policy: own }: NewRun): { readonly lane: number; readonly policy: LanePolicy } {
  const known =
    db.get("SELECT seq, policy FROM lane WHERE name = :name", { name }) ??
    db.get("INSERT INTO lane (name, policy) VALUES (:name, :own) RETURNING seq, policy", { name, own });
  const lane = Number(known?.seq);
  if (known?.policy === own) return { lane, policy: own };
  const unended = db.get("SELECT policy FROM run WHERE lane = :lane AND state IN ('queued', 'running', 'waiting') LIMIT 1", { lane });
  const policy = policyInLane(own, unended?.policy as LanePolicy | undefined);
  if (policy !== known?.policy) db.run("UPDATE lane SET policy = :policy WHERE seq = :lane", { policy, lane });
  return { lane, policy };
}

/** The values of `cancel`: who has canceled a run. What a person has canceled is not done for an older one either. */
const canceledByPerson = 1;
export const canceledByLane = 2;

/** Within a transaction: cancels a run. Returns its state then. Throws `conflict` for one that has ended. */
export function cancel(opened: Opened, run: Row, by = canceledByPerson): "running" | "canceled" {
  const seq = Number(run.seq);
  const state = stateOnCancel(String(run.id), run.state as RunState);
  opened.db.run("UPDATE run SET cancel = iif(cancel = :person, cancel, :by) WHERE seq = :seq", { seq, by, person: canceledByPerson });
  if (state === "running") return state;
  endAtOnce(opened, seq, state);
  advance(opened, Number(run.lane));
  return state;
}

/** Ends a run for which no worker has to be asked. Whoever calls it sees to the lane. */
function endAtOnce(opened: Opened, seq: number, state: "superseded" | "canceled"): void {
  const endedAt = opened.clock.wall();
  opened.db.run("UPDATE run SET state = :state, next = 0, ended_at = :endedAt, reason = NULL WHERE seq = :seq", { state, seq, endedAt });
  want(opened, seq);
}

/** Marks the next run of a lane as one that a worker may get. To be called whenever a run of the lane has got another state. */
export function advance(opened: Opened, lane: number): void {
  const next = nextInLane(readLane(opened, lane));
  if (next !== undefined) opened.db.run("UPDATE run SET next = 1 WHERE seq = :seq AND next = 0", { seq: next.seq });
}
