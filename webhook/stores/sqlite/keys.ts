import type { Claimed } from "../../../src/core/run/journal.ts";
import type { Json } from "../../../src/core/json.ts";
import type { Claim } from "../../store.ts";
import { held } from "./claims.ts";
import type { Opened } from "./context.ts";
import { readJson } from "./rows.ts";

const holder = `
  SELECT step_key.run, step_key.first_at, journal.result, run.ended_at IS NULL AS live FROM step_key
  LEFT JOIN run ON run.id = step_key.run
  LEFT JOIN journal ON journal.run = run.seq AND journal.step = step_key.step AND journal.key = step_key.key
  WHERE step_key.step = :step AND step_key.key = :key`;

/** Within a transaction: gives a key of a step to a run, unless a run that has not ended has it, or one has done the step. */
export function claimKey(opened: Opened, claim: Claim, step: string, key: string): Claimed {
  held(opened, claim, "claim key");
  const { db, clock } = opened;
  const row = db.get(holder, { step, key });
  if (row !== undefined && row.run !== claim.id) {
    if (row.result !== null) return { state: "done", result: readJson<Json>(row.result!)! };
    if (row.live === 1) return { state: "held", by: String(row.run) };
  }
  const firstAt = Number(row?.first_at ?? clock.wall());
  db.run("INSERT OR REPLACE INTO step_key (step, key, run, first_at) VALUES (:step, :key, :run, :firstAt)", {
    step,
    key,
    run: claim.id,
    firstAt,
  });
  return { state: "ours", since: row === undefined ? null : firstAt };
}

/** Within a transaction: removes keys of runs that are gone, which were claimed before a time of the wall clock. */
export function removeKeys({ db }: Opened, before: number): number {
  return db.run("DELETE FROM step_key WHERE first_at < :before AND NOT EXISTS (SELECT 1 FROM run WHERE run.id = step_key.run)", { before });
}
