import type { Decision } from "../../../src/core/gate/decision.ts";
import { decisionStep, type Act } from "../../store.ts";
import { decidable, decisionMade } from "../lifecycle/decision.ts";
import { runNotFound } from "../lifecycle/id.ts";
import { writeAudit } from "./audit.ts";
import { newId, type Opened } from "./context.ts";
import { readJson } from "./rows.ts";
import { wake } from "./wake.ts";

/** Within a transaction: records a decision on a run, with its audit, and lets the run go on that waits for it. Returns false for one that was there. */
export function decide(opened: Opened, id: string, decision: Decision, act: Act): boolean {
  const { db } = opened;
  const doing = act.act;
  const run = db.get("SELECT seq, state, config_hash FROM run WHERE id = :id", { id });
  if (run === undefined) throw runNotFound(doing, id);
  const row = db.get("SELECT result FROM journal WHERE run = :run AND step = :step AND key = ''", { run: run.seq!, step: decisionStep });
  if (decisionMade(doing, id, readJson<Decision>(row?.result), decision)) return false;
  decidable(doing, id, String(run.state));
  db.run("INSERT INTO journal (run, step, key, result, changed) VALUES (:run, :step, '', :result, 1)", {
    run: run.seq!,
    step: decisionStep,
    result: JSON.stringify(decision),
  });
  writeAudit(opened, {
    ...act,
    subject: id,
    configHash: String(run.config_hash),
    detail: { commit: decision.commit, reason: decision.reason },
  });
  tell(opened, id, decision);
  return true;
}

/** The event of a decision is a delivery of our own: it is listed among the others, and has made no run. */
function tell(opened: Opened, run: string, { commit, by, verdict }: Decision): void {
  const { db, clock } = opened;
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
