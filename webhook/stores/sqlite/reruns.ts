import type { AskedRerun, Rerun, RunState } from "../../store.ts";
import type { StoredSubject } from "../../store-reports.ts";
import { runNotFound } from "../lifecycle/id.ts";
import { whyNoRerun, type RerunFacts } from "../lifecycle/rerun.ts";
import { writeAudit } from "./audit.ts";
import { newId, type Opened } from "./context.ts";
import { enqueue } from "./lanes.ts";
import { reportsOf } from "./report-rows.ts";
import { readClaim, readJson, selectRun } from "./rows.ts";

/** Within a transaction: makes a run anew. Returns the new one's id. Throws `not_found`. */
export function rerun(opened: Opened, id: string): string {
  const row = opened.db.get(`${selectRun} WHERE run.id = :id`, { id });
  if (row === undefined) throw runNotFound("make run anew", id);
  const made = newId(opened.clock.wall());
  enqueue(
    opened,
    { ...readClaim(row), reports: reportsOf(opened, Number(row.seq)) },
    { id: made, delivery: Number(row.delivery), source: String(row.source), rerunOf: id },
  );
  return made;
}

/** Within the transaction of a delivery: makes a run anew that it asks for, with its audit, or says why not. */
export function rerunAsked(opened: Opened, asked: AskedRerun, delivery: string): Rerun {
  const { run: of, repository, commit, by } = asked;
  const why = whyNoRerun(asked, factsOf(opened, of));
  if (why !== undefined) return { of, why };
  const run = rerun(opened, of);
  const { config_hash } = opened.db.get("SELECT config_hash FROM run WHERE id = :of", { of })!;
  const who = `${repository.split("/", 1)[0] ?? ""}/${by}`;
  const detail = { run, repository, commit, delivery };
  writeAudit(opened, { who, how: "signal", act: "rerun run", subject: of, configHash: String(config_hash), detail });
  return { of, run };
}

function factsOf({ db }: Opened, id: string): RerunFacts | undefined {
  const row = db.get("SELECT seq, state, source, lane FROM run WHERE id = :id", { id });
  if (row === undefined) return undefined;
  const report = db.get("SELECT subject FROM report WHERE run = :run AND reporter = 'check'", { run: row.seq! });
  const open = db.get(openRerun, { lane: row.lane!, id });
  return {
    state: row.state as RunState,
    source: String(row.source),
    subject: readJson<StoredSubject>(report?.subject),
    openRerun: open && String(open.id),
  };
}

/** A run that repeats another is in its lane: both parts are of an index. */
const openRerun = `
  SELECT id FROM run WHERE lane = :lane AND state IN ('running', 'waiting') AND rerun_of = :id
  UNION ALL SELECT id FROM run WHERE lane = :lane AND state = 'queued' AND rerun_of = :id LIMIT 1`;
