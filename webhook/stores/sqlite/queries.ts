import type { DeliveryQuery, ListedDelivery, LogLine, RunQuery, StoredDelivery, StoredRun } from "../../store.ts";
import type { Opened } from "./context.ts";
import type { Row, SqlValues } from "./database.ts";
import { readListed, readRun, selectDelivery, selectRun } from "./rows.ts";

/** Returns the run with this id. */
export function runById({ db }: Opened, id: string): StoredRun | undefined {
  const row = db.get(`${selectRun} WHERE run.id = :id`, { id });
  return row && readRun(row);
}

/** Returns the run of this number, which there is. */
export function runOf({ db }: Opened, seq: number): StoredRun {
  return readRun(db.get(`${selectRun} WHERE run.seq = :seq`, { seq })!);
}

/** The conditions of a query by their names, each of the value `:NAME`. */
type Conditions = Readonly<Record<string, string>>;

const runConditions: Conditions = {
  lane: "lane.name = :lane",
  delivery: "delivery.id = :delivery",
  ending: "substr(run.id, -length(:ending)) = :ending",
  repository: "json_extract(run.event, '$.repository') = :repository",
  state: "run.state = :state",
};

const deliveryConditions: Conditions = {
  source: "source = :source",
  providerId: "provider_id = :providerId",
  ending: "substr(id, -length(:ending)) = :ending",
  repository: "EXISTS (SELECT 1 FROM json_each(delivery.events) WHERE json_extract(value, '$.repository') = :repository)",
};

/** Returns the condition of all values that are given, and these. */
function given(conditions: Conditions, query: Readonly<Record<string, string | undefined>>): { where: string; values: SqlValues } {
  const values = Object.fromEntries(Object.entries(query).filter((each): each is [string, string] => each[1] !== undefined));
  const names = Object.keys(values);
  return { where: names.map((name) => conditions[name]).join(" AND ") || "true", values };
}

/** Returns the newest runs that fit. Each state is asked for by itself: so an index has them in order, however many have ended. */
export function runsThatFit({ db }: Opened, { states, limit, ...query }: RunQuery): readonly StoredRun[] {
  const find = (state?: string): readonly Row[] => {
    const { where, values } = given(runConditions, { ...query, state });
    return db.all(`${selectRun} WHERE ${where} ORDER BY run.seq DESC LIMIT :limit`, { ...values, limit });
  };
  const rows = states === undefined ? find() : [...new Set(states)].flatMap((state) => find(state));
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
export function deliveriesThatFit({ db }: Opened, { limit, ...query }: DeliveryQuery): readonly ListedDelivery[] {
  const { where, values } = given(deliveryConditions, query);
  return db.all(`${selectDelivery} WHERE ${where} ORDER BY seq DESC LIMIT :limit`, { ...values, limit }).map(readListed);
}

/** Lines of a log that are read at once. */
const page = 500;

/** Yields the lines of a run's log, which are numbered from 1, page by page: whoever prints them slowly holds nothing up. */
export async function* linesOf(opened: Opened, id: string, after = 0): AsyncGenerator<LogLine> {
  for (let last = after; ;) {
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
