import type { Decision, FoundDecision } from "../../../src/core/gate/decision.ts";
import type { Json } from "../../../src/core/json.ts";
import { decisionActs, decisionStep, type Act, type Claim } from "../../store.ts";
import { decidable, decisionMade } from "../lifecycle/decision.ts";
import { runNotFound } from "../lifecycle/id.ts";
import { writeAudit } from "./audit.ts";
import { held } from "./claims.ts";
import { newId, type Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { readJson } from "./rows.ts";
import { wake } from "./wake.ts";

/** Within a transaction: records a decision on a run, with its audit, and lets the run go on that waits for it. Returns false for one that was there. */
export function decide(opened: Opened, id: string, decision: Decision, act: Act): boolean {
  const { db } = opened;
  const doing = act.act;
  const run = db.get("SELECT id, seq, state, config_hash FROM run WHERE id = :id", { id });
  if (run === undefined) throw runNotFound(doing, id);
  const row = db.get("SELECT result FROM journal WHERE run = :run AND step = :step AND key = ''", { run: run.seq!, step: decisionStep });
  if (decisionMade(doing, id, readJson<Decision>(row?.result), decision)) return false;
  decidable(doing, id, String(run.state));
  keep(opened, run, "", decision);
  tell(opened, run, decision, act);
  return true;
}

/**
 * Within a transaction: notes what a run has found that somebody has decided of it, with its audit. The same decision of the same person, found again by
 * another look or another process, is there.
 */
export function noteDecision(opened: Opened, claim: Claim, { how, url, ...decision }: FoundDecision): void {
  const run = held(opened, claim, "note decision");
  const { verdict, by } = decision;
  if (!keep(opened, run, JSON.stringify([how, verdict, by]), { ...decision, how, url })) return;
  tell(opened, run, { ...decision, reason: null, url }, { who: by, how, act: decisionActs[verdict] });
}

/** Returns false for an entry that was there. */
function keep({ db }: Opened, { seq }: Row, key: string, decision: Json): boolean {
  const values = { run: seq!, step: decisionStep, key, result: JSON.stringify(decision) };
  return db.run(insertEntry, values) > 0;
}

const insertEntry = "INSERT OR IGNORE INTO journal (run, step, key, result, changed) VALUES (:run, :step, :key, :result, 1)";

/** The audit of a decision, and its event. That is a delivery of our own: it is listed among the others, and has made no run. */
function tell(opened: Opened, row: Row, decision: Decision & { readonly url?: string | null }, act: Act): void {
  const { db, clock } = opened;
  const run = String(row.id);
  const { commit, by, verdict, reason, url = null } = decision;
  writeAudit(opened, { ...act, subject: run, configHash: String(row.config_hash), detail: { commit, reason, url } });
  const event = { source: ownSource, delivery: null, kind: "approval", run, commit, by, verdict } as const;
  db.run(insertDelivery, {
    id: newId(clock.wall()),
    source: ownSource,
    receivedAt: clock.wall(),
    body: new TextEncoder().encode(JSON.stringify(event)),
    events: JSON.stringify([event]),
  });
  wake(opened, [event]);
}

/** No source of a configuration can be called so: their names have no dots. */
const ownSource = "fairlead.gate";

const insertDelivery = `
  INSERT INTO delivery (id, source, provider_id, received_at, headers, events, body, refused)
  VALUES (:id, :source, NULL, :receivedAt, '{}', :events, :body, NULL)`;
