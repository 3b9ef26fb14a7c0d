import type { Event, EventPattern } from "../../../src/core/event.ts";
import type { Json } from "../../../src/core/json.ts";
import { isNamedIn, isWaitedFor } from "../lifecycle/wake.ts";
import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { readJson } from "./rows.ts";

/** Lets the runs go on that wait for one of these events. They keep their lane: a worker gets them before what is queued there. */
export function wake({ db, clock }: Opened, events: readonly Event[]): void {
  for (const [kind, ofKind] of Map.groupBy(events, (event) => event.kind)) {
    const waiting = db.all("SELECT seq, waken_by FROM run WHERE state = 'waiting' AND waken_by ->> 'kind' = :kind", { kind });
    for (const { seq, waken_by } of waiting) {
      const pattern = readJson<EventPattern>(waken_by)!;
      if (!ofKind.some((event) => isWaitedFor(pattern, event))) continue;
      db.run("UPDATE run SET due_at = min(due_at, :now) WHERE seq = :seq", { seq: seq!, now: clock.steady() });
    }
  }
}

/** Lets the runs go on that wait for an image which the result of another names. */
export function wakeByResult({ db, clock }: Opened, result: Json): void {
  const waiting = db.all("SELECT seq, waken_by FROM run WHERE state = 'waiting' AND waken_by ->> 'kind' = 'image'");
  for (const { seq, waken_by } of waiting) {
    if (!isNamedIn(readJson<EventPattern>(waken_by)!, result)) continue;
    db.run("UPDATE run SET due_at = min(due_at, :now) WHERE seq = :seq", { seq: seq!, now: clock.steady() });
  }
}

/** Tells whether a run that was claimed then and is about to wait has missed such an event, or such an end of a run: it came while the run was looking. */
export function hasCome(opened: Opened, wakeOn: EventPattern, { claimed_after, started_at }: Row): boolean {
  return (
    hasBeenAccepted(opened, wakeOn, Number(claimed_after)) || (wakeOn.kind === "image" && hasEnded(opened, wakeOn, Number(started_at)))
  );
}

function hasEnded({ db }: Opened, wakeOn: EventPattern, since: number): boolean {
  const ended = db.all("SELECT result FROM run WHERE ended_at >= :since AND state = 'succeeded'", { since });
  return ended.some(({ result }) => isNamedIn(wakeOn, readJson<Json>(result)!));
}

function hasBeenAccepted({ db }: Opened, wakeOn: EventPattern, after: number): boolean {
  const events = db.all(
    `SELECT event.value AS event FROM delivery, json_each(delivery.events) AS event
     WHERE delivery.seq > :after AND event.value ->> 'kind' = :kind`,
    { after, kind: wakeOn.kind },
  );
  return events.some(({ event }) => isWaitedFor(wakeOn, readJson<Event>(event)!));
}
