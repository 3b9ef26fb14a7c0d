import { FairleadError } from "../../../src/core/errors.ts";
import type { Accepted, NewDelivery, NewRun } from "../../store.ts";
import { newId, type Opened } from "./context.ts";
import { enqueue } from "./lanes.ts";
import { readClaim, readJson, selectRun } from "./rows.ts";
import { wake } from "./wake.ts";

/** Within a transaction: stores a delivery with its runs, unless it is known. */
export function accept(opened: Opened, delivery: NewDelivery, runs: readonly NewRun[]): Accepted {
  const { db, clock } = opened;
  const { source, providerId } = delivery;
  const before = providerId === null ? undefined : known(opened, source, providerId);
  if (before !== undefined) return before;
  const wall = clock.wall();
  const id = newId(wall);
  const inserted = db.get(insertDelivery, {
    ...{ id, source, providerId, receivedAt: wall, body: delivery.body },
    ...{ headers: JSON.stringify(delivery.headers), events: JSON.stringify(delivery.events) },
  });
  const ids = runs.map((run) => enqueue(opened, run, Number(inserted?.seq)));
  if (providerId !== null) {
    db.run("INSERT INTO accepted VALUES (:source, :providerId, :id, :runs)", { source, providerId, id, runs: JSON.stringify(ids) });
  }
  wake(opened, delivery.events);
  return { duplicate: false, delivery: id, runs: ids };
}

/** Returns what became of a delivery that was accepted before. */
export function known({ db }: Opened, source: string, providerId: string): Accepted | undefined {
  const row = db.get("SELECT delivery, runs FROM accepted WHERE source = :source AND provider_id = :providerId", { source, providerId });
  return row && { duplicate: true, delivery: String(row.delivery), runs: readJson<readonly string[]>(row.runs)! };
}

const insertDelivery = `
  INSERT INTO delivery (id, source, provider_id, received_at, headers, events, body)
  VALUES (:id, :source, :providerId, :receivedAt, :headers, :events, :body) RETURNING seq`;

/** Within a transaction: makes a run anew. Returns the new one's id. Throws `not_found`. */
export function rerun(opened: Opened, id: string): string {
  const row = opened.db.get(`${selectRun} WHERE run.id = :id`, { id });
  if (row === undefined) throw runNotFound("make run anew", id);
  return enqueue(opened, readClaim(row), Number(row.delivery), id);
}

/** Returns the error for an id that no run has. */
export function runNotFound(doing: string, id: string): FairleadError {
  return new FairleadError("not_found", `${doing}: there is no run ${id}`, { hint: "list those that there are: fairlead runs list" });
}
