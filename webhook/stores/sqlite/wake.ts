import type { Event, EventPattern } from "../../../src/core/event.ts";
import { isWaitedFor } from "../lifecycle/wake.ts";
import type { Opened } from "./context.ts";
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

/** Tells whether such an event has been accepted after a delivery: it came while the run that is about to wait was still looking. */
export function hasCome({ db }: Opened, wakeOn: EventPattern, after: number): boolean {
  const events = db.all(
    `SELECT event.value AS event FROM delivery, json_each(delivery.events) AS event
     WHERE delivery.seq > :after AND event.value ->> 'kind' = :kind`,
    { after, kind: wakeOn.kind },
  );
  return events.some(({ event }) => isWaitedFor(wakeOn, readJson<Event>(event)!));
}
