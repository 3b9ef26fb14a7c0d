import type { Event } from "../../../src/core/event.ts";
import type { Json } from "../../../src/core/json.ts";
import type { Claim, LanePolicy, ListedDelivery, NewRun, RunError, RunState, StoredDelivery, StoredRun } from "../../store.ts";
import type { Row } from "./database.ts";

/** The columns of a run, with the names of its lane and delivery: what `readRun` and `readClaim` read. */
export const selectRun = `
  SELECT run.*, lane.name AS lane_name, delivery.id AS delivery_id
  FROM run JOIN lane ON lane.seq = run.lane JOIN delivery ON delivery.seq = run.delivery`;

/** The columns of a delivery, without its body, and its runs: what `readListed` reads. */
export const selectDelivery = `
  SELECT id, source, provider_id, received_at, headers, events, refused,
    (SELECT json_group_array(run.id ORDER BY run.seq) FROM run WHERE run.delivery = delivery.seq) AS runs
  FROM delivery`;

/** Returns a column's JSON; undefined for NULL. What is in the file was written by `JSON.stringify` of the type that is asked for. */
export function readJson<T>(column: unknown): T | undefined {
  return typeof column === "string" ? (JSON.parse(column) as T) : undefined;
}

function readDate(column: unknown): Date | undefined {
  return typeof column === "number" ? new Date(column) : undefined;
}

function readText(column: unknown): string | undefined {
  return typeof column === "string" ? column : undefined;
}

function readNewRun(row: Row): NewRun {
  return {
    pipeline: String(row.pipeline),
    route: String(row.route),
    lane: String(row.lane_name),
    policy: row.policy as LanePolicy,
    cancelRunning: row.cancel_running === 1,
    event: readJson<Event>(row.event)!,
    input: readJson<Json>(row.input)!,
    configHash: String(row.config_hash),
    maxAttempts: Number(row.max_attempts),
    timeoutMilliseconds: Number(row.timeout),
  };
}

/** Returns the run that a row of `selectRun` is, as its worker sees it. */
export function readClaim(row: Row): Claim {
  return {
    ...readNewRun(row),
    id: String(row.id),
    fence: Number(row.fence),
    attempt: Number(row.attempt),
    delivery: String(row.delivery_id),
  };
}

/** Returns the run that a row of `selectRun` is. */
export function readRun(row: Row): StoredRun {
  return {
    ...readClaim(row),
    state: row.state as RunState,
    createdAt: new Date(Number(row.created_at)),
    startedAt: readDate(row.started_at),
    endedAt: readDate(row.ended_at),
    reason: readText(row.reason),
    outdated: row.outdated === 1,
    result: readJson<Json>(row.result),
    error: readJson<RunError>(row.error),
    rerunOf: readText(row.rerun_of),
  };
}

/** Returns the delivery that a row of `selectDelivery` is. */
export function readListed(row: Row): ListedDelivery {
  return {
    id: String(row.id),
    source: String(row.source),
    providerId: readText(row.provider_id) ?? null,
    receivedAt: new Date(Number(row.received_at)),
    headers: readJson<StoredDelivery["headers"]>(row.headers)!,
    events: readJson<readonly Event[]>(row.events)!,
    refused: readText(row.refused) ?? null,
    runs: readJson<readonly string[]>(row.runs)!,
  };
}
