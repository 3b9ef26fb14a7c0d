import type { Json } from "../../../src/core/json.ts";
import type { WakenBy } from "../../../src/core/run/step.ts";
import type { Ending, RunError, RunState } from "../../store.ts";
import { backoffAfter } from "./backoff.ts";
import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { advance } from "./lanes.ts";
import { hasCome } from "./wake.ts";

/** What becomes of a run whose worker is done with it. What is absent is cleared, but for the error. */
interface Settlement {
  readonly state: RunState;
  /** For one that goes on: from now, in milliseconds. */
  readonly dueIn?: number;
  /** The attempt does not count. */
  readonly uncounted?: boolean;
  readonly reason?: string;
  readonly wakenBy?: WakenBy | undefined;
  readonly result?: Json;
  /** Absent: that of an earlier attempt stays. Null: it is of no interest any more. */
  readonly error?: RunError | null;
}

/** Within a transaction: ends a running run, or this attempt at it, and lets its lane go on. */
export function settle(opened: Opened, run: Row, ending: Ending): void {
  const { db, clock } = opened;
  const { state, dueIn, uncounted = false, reason = null, wakenBy, result, error } = settlementOf(opened, run, ending);
  db.run(update, {
    ...{ seq: run.seq!, state, next: Number(state === "waiting"), reason, wakenBy: jsonOf(wakenBy), result: jsonOf(result) },
    attempt: Number(run.attempt) - Number(uncounted),
    dueAt: clock.steady() + Math.round(dueIn ?? 0),
    endedAt: dueIn === undefined ? clock.wall() : null,
    error: error === undefined ? run.error! : jsonOf(error ?? undefined),
  });
  advance(opened, Number(run.lane));
}

function jsonOf(value: Json | RunError | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

const update = `
  UPDATE run SET state = :state, next = :next, due_at = :dueAt, attempt = :attempt, ended_at = :endedAt, reason = :reason, waken_by = :wakenBy,
    result = :result, error = :error, worker = NULL
  WHERE seq = :seq`;

function settlementOf(opened: Opened, run: Row, ending: Ending): Settlement {
  switch (ending.state) {
    case "succeeded":
      return { state: "succeeded", result: ending.result, error: null };
    case "skipped":
      return { state: "skipped", reason: ending.reason, error: null };
    case "canceled":
      return { state: "canceled" };
    case "failed":
      return { ...afterFailure(opened, run, ending), error: ending.error };
    case "queued":
      return again(opened, run) ?? { state: "queued", dueIn: 0, uncounted: true, reason: ending.reason };
    case "waiting": {
      if (run.cancel === 1) return { state: "canceled" };
      const come = ending.wakenBy !== undefined && hasCome(opened, ending.wakenBy, Number(run.claimed_after));
      return { state: "waiting", dueIn: come ? 0 : ending.untilMilliseconds, reason: ending.for, wakenBy: ending.wakenBy };
    }
  }
}

function afterFailure(opened: Opened, run: Row, { retry, error }: Extract<Ending, { state: "failed" }>): Settlement {
  if (!retry) return { state: "failed" };
  const instead = again(opened, run);
  if (instead !== undefined) return instead;
  const [attempt, most] = [Number(run.attempt), Number(run.max_attempts)];
  if (attempt >= most) return { state: "parked" };
  return { state: "queued", dueIn: backoffAfter(attempt), reason: `attempt ${attempt} of ${most}: ${error.message}` };
}

/** Returns what a run ends as that would be queued again, if it must not be: somebody has canceled it, or a newer one is queued in its place. */
function again({ db }: Opened, run: Row): Settlement | undefined {
  if (run.cancel === 1) return { state: "canceled" };
  if (run.policy !== "newest") return undefined;
  const successor = db.get("SELECT 1 FROM run WHERE lane = :lane AND state = 'queued'", { lane: run.lane! });
  return successor && { state: "superseded" };
}

/** How many runs one transaction takes from their workers. */
const batch = 100;

/** Reads whether the lease of a run is over: a transaction for nothing would keep others from writing. */
export function isAnyLapsed(opened: Opened): boolean {
  return lapsed(opened, 1).length > 0;
}

/** Within a transaction: ends attempts whose lease is over. Returns how many; there may be more. */
export function reap(opened: Opened): number {
  const runs = lapsed(opened, batch);
  for (const run of runs) {
    const error: RunError = { code: "unavailable", message: `run pipeline: worker ${String(run.worker)} was not heard of for too long` };
    settle(opened, run, { state: "failed", retry: true, error });
  }
  return runs.length;
}

function lapsed({ db, clock }: Opened, limit: number): readonly Row[] {
  return db.all("SELECT * FROM run WHERE state = 'running' AND due_at <= :now ORDER BY due_at LIMIT :limit", {
    now: clock.steady(),
    limit,
  });
}
