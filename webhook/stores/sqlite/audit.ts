import type { Json } from "../../../src/core/json.ts";
import type { AuditEntry } from "../../store.ts";
import type { Opened } from "./context.ts";
import { readJson } from "./rows.ts";

/** Within a transaction: adds an act of a person. Nothing changes or removes it. */
export function writeAudit({ db, clock }: Opened, { who, how, act, subject, configHash, detail }: Omit<AuditEntry, "at">): void {
  db.run(insert, { at: clock.wall(), who, how, act, subject, configHash, detail: JSON.stringify(detail) });
}

const insert = `
  INSERT INTO audit (at, who, how, act, subject, config_hash, detail) VALUES (:at, :who, :how, :act, :subject, :configHash, :detail)`;

/** Reads the newest acts. */
export function audited({ db }: Opened, limit: number): readonly AuditEntry[] {
  return db.all("SELECT * FROM audit ORDER BY seq DESC LIMIT :limit", { limit }).map((row) => ({
    at: new Date(Number(row.at)),
    who: String(row.who),
    how: row.how as AuditEntry["how"],
    act: String(row.act),
    subject: String(row.subject),
    configHash: String(row.config_hash),
    detail: readJson<Json>(row.detail) ?? null,
  }));
}
