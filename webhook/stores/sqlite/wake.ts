import type { Event, WakeOn } from "../../../src/core/event.ts";
import type { Json } from "../../../src/core/json.ts";
import { isNamedIn, isWaitedFor, kindsOf } from "../lifecycle/wake.ts";
import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { readJson } from "./rows.ts";

/** Lets the runs go on that wait for one of these events. They keep their lane: a worker gets them before what is queued there. */
export function wake(opened: Opened, events: readonly Event[]): void {
  for (const [kind, ofKind] of Map.groupBy(events, (event) => event.kind)) {
    wakeWaiting(opened, kind, (wakeOn) => ofKind.some((event) => isWaitedFor(wakeOn, event)));
  }
}

/** Lets the runs go on that wait for an image which the result of another names. */
export function wakeByResult(opened: Opened, result: Json): void {
  wakeWaiting(opened, "image", (wakeOn) => isNamedIn(wakeOn, result));
}

/** A run that waits for any of several events has no kind in the index: it is looked at for each. */
function wakeWaiting({ db, clock }: Opened, kind: Event["kind"], fits: (wakeOn: WakeOn) => boolean): void {
  const waiting = [...db.all(waitingForOne, { kind }), ...db.all(waitingForSeveral)];
  for (const { seq, waken_by } of waiting) {
    if (!fits(readJson<WakeOn>(waken_by)!)) continue;
    db.run("UPDATE run SET due_at = min(due_at, :now) WHERE seq = :seq", { seq: seq!, now: clock.steady() });
  }
}

const waitingForOne = "SELECT seq, waken_by FROM run WHERE state = 'waiting' AND waken_by ->> 'kind' = :kind";
const waitingForSeveral = "SELECT seq, waken_by FROM run WHERE state = 'waiting' AND waken_by ->> 'kind' IS NULL AND waken_by IS NOT NULL";

/** Tells whether a run that was claimed then and is about to wait has missed such an event, or such an end of a run: it came while the run was looking. */
export function hasCome(opened: Opened, wakeOn: WakeOn, { claimed_after, started_at }: Row): boolean {
  const kinds = kindsOf(wakeOn);
  return (
    kinds.some((kind) => hasBeenAccepted(opened, kind, wakeOn, Number(claimed_after))) ||
    (kinds.includes("image") && hasEnded(opened, wakeOn, Number(started_at)))
  );
}

function hasEnded({ db }: Opened, wakeOn: WakeOn, since: number): boolean {
  const ended = db.all("SELECT result FROM run WHERE ended_at >= :since AND state = 'succeeded'", { since });
  return ended.some(({ result }) => isNamedIn(wakeOn, readJson<Json>(result)!));
}

function hasBeenAccepted({ db }: Opened, kind: Event["kind"], wakeOn: WakeOn, after: number): boolean {
  const events = db.all(
    `SELECT event.value AS event FROM delivery, json_each(delivery.events) AS event
     WHERE delivery.seq > :after AND event.value ->> 'kind' = :kind`,
    { after, kind },
  );
  return events.some(({ event }) => isWaitedFor(wakeOn, readJson<Event>(event)!));
}
