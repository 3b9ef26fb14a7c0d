import type { Accepted, NewDelivery, NewRun, Pace } from "../../store.ts";
import { newId, type Opened } from "./context.ts";
import { enqueue } from "./lanes.ts";
import { rerunAsked } from "./reruns.ts";
import { followEvents } from "./rollouts.ts";
import { readJson } from "./rows.ts";
import { dropStaged, enqueueStaged, isAnyStaged, mostRuns, stage, type MadeRun } from "./stage.ts";
import { wake } from "./wake.ts";

/**
 * Stores a delivery with its runs, unless it is known. Many runs are staged first, some at a time; the delivery's own transaction, which is a small one,
 * makes them count; and then they are queued, some at a time. Nothing else is accepted meanwhile, so that runs are queued in the order in which their
 * deliveries were accepted.
 */
export async function acceptDelivery(opened: Opened, delivery: NewDelivery, runs: readonly NewRun[], pace?: Pace): Promise<Accepted> {
  const { access, clock } = opened;
  const id = newId(clock.wall());
  const made = runs.map((run) => ({ id: newId(clock.wall()), run }));
  const isLarge = made.length > mostRuns;
  const ids = made.map((each) => each.id);
  const first = isLarge ? [] : made;
  if (isLarge) {
    const known = await access.read("read delivery", () => duplicateOf(opened, delivery, ids));
    if (known !== undefined) return known;
    await stage(opened, id, made, pace);
  }
  for (;;) {
    const acceptNow = (): Accepted | undefined => (isAnyStaged(opened) ? undefined : accept(opened, { id, ids, delivery, first, pace }));
    const accepted = await access.write("accept delivery", acceptNow, Math.max(1, first.length));
    if (isLarge && accepted?.duplicate === true) await dropStaged(opened, id);
    if (isLarge || accepted === undefined) await enqueueStaged(opened);
    if (accepted !== undefined) return accepted;
  }
}

/** A delivery, and those of its runs that are queued with it. */
interface Arrival {
  readonly id: string;
  /** The ids of all of its runs. */
  readonly ids: readonly string[];
  readonly delivery: NewDelivery;
  readonly first: readonly MadeRun[];
  readonly pace: Pace | undefined;
}

/** Within a transaction: stores a delivery, unless it is known. */
function accept(opened: Opened, { id, ids, delivery, first, pace }: Arrival): Accepted {
  const { db, clock } = opened;
  const { source, providerId, content } = delivery;
  const runs = JSON.stringify(ids);
  const again = content === null ? undefined : duplicateOf(opened, delivery, ids);
  if (again !== undefined) return again;
  // What is new is the usual: that is tried, and only what is not is looked for.
  if (providerId !== null && db.run(insertAccepted, { source, providerId, id, runs }) === 0) return known(opened, source, providerId)!;
  if (content !== null) db.run(insertContent, { source, content, id, runs });
  const inserted = db.get(insertDelivery, {
    id,
    source,
    providerId,
    refused: delivery.refused,
    receivedAt: clock.wall(),
    body: delivery.body,
    headers: JSON.stringify(delivery.headers),
    events: JSON.stringify(delivery.events),
    proven: Number(delivery.proven ?? true),
  });
  for (const each of first) enqueue(opened, each.run, { id: each.id, delivery: Number(inserted?.seq), source, pace });
  wake(opened, delivery.events);
  followEvents(opened, delivery.events, delivery.proven ?? true);
  if (delivery.reruns === undefined) return { duplicate: false, delivery: id, runs: ids };
  return { duplicate: false, delivery: id, runs: ids, reruns: delivery.reruns.map((each) => rerunAsked(opened, each, id)) };
}

/** Returns what became of a delivery that was accepted before, by its provider's id. */
export function known({ db }: Opened, source: string, providerId: string): Accepted | undefined {
  const row = db.get("SELECT delivery, runs FROM accepted WHERE source = :source AND provider_id = :providerId", { source, providerId });
  return row && { duplicate: true, delivery: String(row.delivery), runs: readJson<readonly string[]>(row.runs)! };
}

/** Returns what became of a delivery that was accepted before; undefined where it has made no run, and makes these now. */
function duplicateOf(opened: Opened, delivery: NewDelivery, runs: readonly string[]): Accepted | undefined {
  const before = knownAs(opened, delivery);
  return before?.runs.length === 0 && runs.length > 0 ? undefined : before;
}

/** Returns what became of a delivery that was accepted before, by its provider's id or its content: of the two, what has made runs. */
function knownAs(opened: Opened, { source, providerId, content }: NewDelivery): Accepted | undefined {
  const byId = providerId === null ? undefined : known(opened, source, providerId);
  if (content === null || (byId !== undefined && byId.runs.length > 0)) return byId;
  const row = opened.db.get("SELECT delivery, runs FROM content WHERE source = :source AND hash = :content", { source, content });
  const runs = readJson<readonly string[]>(row?.runs) ?? [];
  return row === undefined || (byId !== undefined && runs.length === 0) ? byId : { duplicate: true, delivery: String(row.delivery), runs };
}

/** What has made no run gives way to what makes some: then the routes are others by now. */
const unlessRun = (table: string): string =>
  `ON CONFLICT DO UPDATE SET delivery = excluded.delivery, runs = excluded.runs WHERE ${table}.runs = '[]' AND excluded.runs <> '[]'`;

const insertAccepted = `INSERT INTO accepted VALUES (:source, :providerId, :id, :runs) ${unlessRun("accepted")}`;

const insertContent = `INSERT INTO content VALUES (:source, :content, :id, :runs) ${unlessRun("content")}`;

const insertDelivery = `
  INSERT INTO delivery (id, source, provider_id, received_at, headers, events, body, refused, proven)
  VALUES (:id, :source, :providerId, :receivedAt, :headers, :events, :body, :refused, :proven) RETURNING seq`;
