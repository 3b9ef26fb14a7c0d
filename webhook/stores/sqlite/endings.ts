import type { Json } from "../../../src/core/json.ts";
import type { Event } from "../../../src/core/event.ts";
import type { Ending, LanePolicy, NewRun, RunError, RunHolder, RunState } from "../../store.ts";
import { goneEnding, isInsteadWanted, lapsedEnding, settleRun, type EndingFacts, type RunningRun } from "../lifecycle/ending.ts";
import { positionOf } from "../lifecycle/position.ts";
import { isWaitedFor } from "../lifecycle/wake.ts";
import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { advance, canceledByLane, enqueueAfter, readLane, standFor } from "./lanes.ts";
import { want } from "./report-rows.ts";
import { insertRollout } from "./rollouts.ts";
import { readJson } from "./rows.ts";
import { hasCome, wakeByResult } from "./wake.ts";

/** Within a transaction: ends a running run, or this attempt at it, and lets its lane go on. Returns the state of the run then. */
export function end(opened: Opened, row: Row, ending: Ending, random = Math.random()): RunState {
  const { db, clock } = opened;
  const facts = { ...factsOf(opened, row, ending), random };
  const running = readRunning(row);
  const { state, attempt, dueAt, reason, outdated, wakeOn, result, error } = settleRun(running, ending, facts);
  db.run(update, {
    seq: row.seq!,
    state,
    attempt,
    next: Number(state === "waiting"),
    reason: reason ?? null,
    outdated: Number(outdated),
    wakeOn: jsonOf(wakeOn),
    result: jsonOf(result),
    error: jsonOf(error),
    dueAt: dueAt ?? facts.now,
    endedAt: dueAt === undefined ? clock.wall() : null,
  });
  want(opened, Number(row.seq));
  if (ending.state === "succeeded" && ending.rollout !== undefined) insertRollout(opened, row, ending.rollout);
  if (state === "superseded" || state === "skipped") standFor(opened, Number(row.lane), row);
  advance(opened, Number(row.lane));
  if (result !== undefined) wakeByResult(opened, result);
  if (ending.state !== "skipped" || ending.instead === undefined) return state;
  const { instead } = ending;
  if (isInsteadWanted(running, facts, isSameInLane(opened, instead))) enqueueAfter(opened, instead, row);
  return state;
}

/** Tells whether a run of the lane has done the same, is to do it, or was kept from it by a person. */
function isSameInLane({ db }: Opened, { lane, event }: NewRun): boolean {
  const wanted = positionOf(event);
  const at = "commit" in wanted ? wanted.commit : "digest" in wanted ? wanted.digest : null;
  return db.all(sameCommit, { lane, at: at ?? null }).some((row) => isWaitedFor(wanted, readJson<Event>(row.event)!));
}

const sameCommit = `
  SELECT event FROM run WHERE lane = (SELECT seq FROM lane WHERE name = :lane) AND state NOT IN ('skipped', 'superseded')
    AND NOT (state = 'canceled' AND cancel = ${canceledByLane}) AND coalesce(event ->> 'commit', event ->> 'digest') IS :at`;

function readRunning(row: Row): RunningRun {
  return {
    policy: row.policy as LanePolicy,
    attempt: Number(row.attempt),
    maxAttempts: Number(row.max_attempts),
    cancelRequested: row.cancel !== 0,
    error: readJson<RunError>(row.error),
  };
}

function factsOf(opened: Opened, row: Row, ending: Ending): Omit<EndingFacts, "random"> {
  const wakeOn = ending.state === "waiting" ? ending.wakeOn : undefined;
  return {
    successorQueued: readLane(opened, Number(row.lane)).first !== undefined,
    wakeCame: wakeOn !== undefined && hasCome(opened, wakeOn, row),
    now: opened.clock.steady(),
  };
}

function jsonOf(value: Json | RunError | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

const update = `
  UPDATE run SET state = :state, next = :next, due_at = :dueAt, attempt = :attempt, ended_at = :endedAt, reason = :reason, outdated = :outdated,
    waken_by = :wakeOn, result = :result, error = :error, worker = NULL
  WHERE seq = :seq`;

/** Runs that one transaction takes from their workers, at most. */
const batch = 100;

/** Reads whether the lease of a run is over: a transaction for nothing would keep others from writing. */
export function isAnyLapsed(opened: Opened): boolean {
  return lapsed(opened, 1).length > 0;
}

/** Within a transaction: ends attempts whose lease is over. Returns how many; there may be more. */
export function reap(opened: Opened): number {
  const runs = lapsed(opened, batch);
  for (const run of runs) end(opened, run, lapsedEnding(String(run.worker)));
  return runs.length;
}

/** An attempt, and who holds it. */
interface Held {
  readonly seq: number;
  readonly fence: number;
  readonly holder: RunHolder;
}

/** Reads who holds the runs that are running: no more than there are workers. */
export function holders({ db }: Opened): readonly Held[] {
  return db.all("SELECT seq, fence, worker, process_group FROM run WHERE state = 'running'").map((row) => ({
    seq: Number(row.seq),
    fence: Number(row.fence),
    holder: { worker: String(row.worker), group: row.process_group === null ? undefined : Number(row.process_group) },
  }));
}

/** Within a transaction: ends attempts whose holders are gone. It was no failure of theirs that another should wait for. Returns how many. */
export function reapGone(opened: Opened, gone: readonly Held[]): number {
  const rows = gone.flatMap(({ seq, fence }) =>
    opened.db.all("SELECT * FROM run WHERE seq = :seq AND fence = :fence AND state = 'running'", { seq, fence }),
  );
  for (const row of rows) end(opened, row, goneEnding(String(row.worker)), 0);
  return rows.length;
}

function lapsed({ db, clock }: Opened, limit: number): readonly Row[] {
  return db.all("SELECT * FROM run WHERE state = 'running' AND due_at <= :now ORDER BY due_at LIMIT :limit", {
    now: clock.steady(),
    limit,
  });
}
