import type { DeliveryQuery, ListedDelivery, LogLine, RunQuery, StoredDelivery, StoredRun } from "../../store.ts";
import type { Opened } from "./context.ts";
import type { Row, SqlValues } from "./database.ts";
import { readListed, readRun, selectDelivery, selectRun } from "./rows.ts";

/** Returns the run with this id. */
export function runById({ db }: Opened, id: string): StoredRun | undefined {
  const row = db.get(`${selectRun} WHERE run.id = :id`, { id });
  return row && readRun(row);
}

/** Returns the newest runs that fit. Each state is asked for by itself: so an index has them in order, however many have ended. */
export function runsThatFit({ db }: Opened, { states, lane, delivery, limit }: RunQuery): readonly StoredRun[] {
  const conditions = { ...(lane !== undefined && { "lane.name": lane }), ...(delivery !== undefined && { "delivery.id": delivery }) };
  const find = (more: Readonly<Record<string, string>>): readonly Row[] => {
    const all = Object.entries({ ...conditions, ...more });
    const where = all.map(([column], index) => `${column} = :value${index}`).join(" AND ") || "true";
    const values: SqlValues = Object.fromEntries(all.map(([, value], index) => [`value${index}`, value]));
    return db.all(`${selectRun} WHERE ${where} ORDER BY run.seq DESC LIMIT :limit`, { ...values, limit });
  };
  const rows = states === undefined ? find({}) : [...new Set(states)].flatMap((state) => find({ "run.state": state }));
  const newestFirst = rows.toSorted((a, b) => Number(b.seq) - Number(a.seq));
  return newestFirst.slice(0, limit).map(readRun);
}

/** Returns the delivery with this id. */
export function deliveryById({ db }: Opened, id: string): StoredDelivery | undefined {
  const row = db.get(`${selectDelivery} WHERE id = :id`, { id });
  const body = db.get("SELECT body FROM delivery WHERE id = :id", { id })?.body;
  return row && body instanceof Uint8Array ? { ...readListed(row), body } : undefined;
}

/** Returns the newest deliveries that fit. */
export function deliveriesThatFit({ db }: Opened, { source, limit }: DeliveryQuery): readonly ListedDelivery[] {
  const where = source === undefined ? "" : "WHERE source = :source";
  return db
    .all(`${selectDelivery} ${where} ORDER BY seq DESC LIMIT :limit`, { ...(source !== undefined && { source }), limit })
    .map(readListed);
}

/** Lines of a log that are read at once. */
const page = 500;

/** Yields the lines of a run's log, page by page: whoever prints them slowly holds nothing up. */
export async function* linesOf(opened: Opened, id: string): AsyncGenerator<LogLine> {
  for (let last = 0; ;) {
    const rows = await opened.access.read("read log", () =>
      opened.db.all(
        "SELECT line, at, text FROM log WHERE run = (SELECT seq FROM run WHERE id = :id) AND line > :last ORDER BY line LIMIT :page",
        {
          id,
          last,
          page,
        },
      ),
    );
    for (const { at, text } of rows) yield { at: new Date(Number(at)), text: String(text) };
    if (rows.length < page) return;
    last = Number(rows.at(-1)?.line);
  }
}
