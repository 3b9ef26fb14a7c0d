import type { Accepted, NewDelivery, NewRun } from "../../store.ts";
import { runNotFound } from "../lifecycle/id.ts";
import { newId, type Opened } from "./context.ts";
import { enqueue } from "./lanes.ts";
import { readClaim, readJson, selectRun } from "./rows.ts";
import { wake } from "./wake.ts";

/** Within a transaction: stores a delivery with its runs, unless it is known. */
export function accept(opened: Opened, delivery: NewDelivery, runs: readonly NewRun[]): Accepted {
  const { db, clock } = opened;
  const { source, providerId } = delivery;
  const wall = clock.wall();
  const id = newId(wall);
  const ids = runs.map(() => newId(wall));
  // What is new is the usual: that is tried, and only what is not is looked for.
  if (providerId !== null && db.run(insertAccepted, { source, providerId, id, runs: JSON.stringify(ids) }) === 0) {
    return known(opened, source, providerId)!;
  }
  const inserted = db.get(insertDelivery, {
    id,
    source,
    providerId,
    receivedAt: wall,
    body: delivery.body,
    headers: JSON.stringify(delivery.headers),
    events: JSON.stringify(delivery.events),
  });
  for (const [index, run] of runs.entries()) enqueue(opened, run, { id: ids[index]!, delivery: Number(inserted?.seq) });
  wake(opened, delivery.events);
  return { duplicate: false, delivery: id, runs: ids };
}

/** Returns what became of a delivery that was accepted before. */
export function known({ db }: Opened, source: string, providerId: string): Accepted | undefined {
  const row = db.get("SELECT delivery, runs FROM accepted WHERE source = :source AND provider_id = :providerId", { source, providerId });
  return row && { duplicate: true, delivery: String(row.delivery), runs: readJson<readonly string[]>(row.runs)! };
}

const insertAccepted = "INSERT INTO accepted VALUES (:source, :providerId, :id, :runs) ON CONFLICT DO NOTHING";

const insertDelivery = `
  INSERT INTO delivery (id, source, provider_id, received_at, headers, events, body)
  VALUES (:id, :source, :providerId, :receivedAt, :headers, :events, :body) RETURNING seq`;

/** Within a transaction: makes a run anew. Returns the new one's id. Throws `not_found`. */
export function rerun(opened: Opened, id: string): string {
  const row = opened.db.get(`${selectRun} WHERE run.id = :id`, { id });
  if (row === undefined) throw runNotFound("make run anew", id);
  const made = newId(opened.clock.wall());
  enqueue(opened, readClaim(row), { id: made, delivery: Number(row.delivery), rerunOf: id });
  return made;
}
