/** The JSON of what the listener keeps, for every entry point that shows it. What is not there is null; times are ISO 8601. */
import type { Json } from "../src/core/json.ts";
import type { AuditEntry, ListedDelivery, LogLine, RunError, StoredRun } from "./store.ts";
import type { ToldOfRun } from "./store-reports.ts";

type JsonObject = Readonly<Record<string, Json>>;

/** Returns a run as JSON. */
export function runJson({ createdAt, startedAt, endedAt, reason, result, error, rerunOf, ...run }: StoredRun): JsonObject {
  const at = (date: Date | undefined): string | null => date?.toISOString() ?? null;
  return {
    ...(run as unknown as JsonObject),
    createdAt: createdAt.toISOString(),
    startedAt: at(startedAt),
    endedAt: at(endedAt),
    reason: reason ?? null,
    result: result ?? null,
    rerunOf: rerunOf ?? null,
    error: error === undefined ? null : errorJson(error),
  };
}

/** The place is there where there is one. */
function errorJson({ code, message, hint, place }: RunError): JsonObject {
  return { code, message, hint: hint ?? null, ...(place !== undefined && { place: { ...place } }) };
}

/** Returns what is told of a run as JSON. */
export function toldJson({ reports, rollout }: ToldOfRun): JsonObject {
  return {
    reports: reports.map(({ at, error, ...report }) => ({
      ...report,
      at: at?.toISOString() ?? null,
      error: error === undefined ? null : errorJson(error),
    })),
    rollout:
      rollout === undefined
        ? null
        : { state: rollout.state, commit: rollout.commit ?? null, message: rollout.message ?? null, at: rollout.at.toISOString() },
  };
}

/** Returns a delivery as JSON; its body is added only where a single delivery is shown. */
export function deliveryJson({ receivedAt, ...delivery }: ListedDelivery, body?: Uint8Array): JsonObject {
  return {
    ...(delivery as unknown as JsonObject),
    receivedAt: receivedAt.toISOString(),
    ...(body === undefined ? {} : { body: Buffer.from(body).toString() }),
  };
}

/** Returns a line of a run's log as JSON. */
export function logLineJson({ at, text }: LogLine): { readonly at: string; readonly text: string } {
  return { at: at.toISOString(), text };
}

/** Returns an act of a person as JSON. */
export function auditJson({ at, ...entry }: AuditEntry): JsonObject {
  return { at: at.toISOString(), ...(entry as unknown as JsonObject) };
}
