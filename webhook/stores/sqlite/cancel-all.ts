import type { CancelQuery } from "../../store.ts";
import type { Opened } from "./context.ts";
import type { Row, SqlValues } from "./database.ts";
import { cancel } from "./lanes.ts";

/** Runs that one transaction cancels, at most: others write between two. */
const batch = 50;

/** Cancels all runs that have not ended and fit, the oldest first. Returns how many were canceled at once, and how many workers were asked. */
export async function cancelAll(opened: Opened, query: CancelQuery): Promise<{ readonly canceled: number; readonly stopping: number }> {
  const { access } = opened;
  let [canceled, stopping] = [0, 0];
  for (let after = 0; ;) {
    const found = await access.read("cancel runs", () => unended(opened, query, after));
    const states = await access.write("cancel runs", () => found.flatMap(({ seq }) => cancelOne(opened, Number(seq))), batch);
    canceled += states.filter((state) => state === "canceled").length;
    stopping += states.filter((state) => state === "running").length;
    if (found.length < batch) return { canceled, stopping };
    after = Number(found.at(-1)?.seq);
  }
}

function unended({ db }: Opened, { source, delivery, route }: CancelQuery, after: number): readonly Row[] {
  const given = { "run.source": source, "delivery.id": delivery, "run.route": route };
  const conditions = Object.entries(given).flatMap(([column, value], index) =>
    value === undefined ? [] : [{ column, value, name: `value${index}` }],
  );
  const where = conditions.map(({ column, name }) => ` AND ${column} = :${name}`).join("");
  const values: SqlValues = Object.fromEntries(conditions.map(({ name, value }) => [name, value]));
  return db.all(
    `SELECT run.seq FROM run JOIN delivery ON delivery.seq = run.delivery
     WHERE run.state IN ('queued', 'running', 'waiting') AND run.seq > :after AND run.cancel = 0${where} ORDER BY run.seq LIMIT :batch`,
    { ...values, after, batch },
  );
}

/** Within a transaction: one may have ended since it was found. */
function cancelOne(opened: Opened, seq: number): readonly ("running" | "canceled")[] {
  const run = opened.db.get("SELECT * FROM run WHERE seq = :seq AND ended_at IS NULL", { seq });
  return run === undefined ? [] : [cancel(opened, run)];
}
