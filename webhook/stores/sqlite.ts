import type { Store } from "../store.ts";
import { lookTaken, runNotFound } from "./lifecycle/id.ts";
import { acceptDelivery, known } from "./sqlite/accept.ts";
import { audited } from "./sqlite/audit.ts";
import { claim, heartbeat, held, isAnyDue, log, noteGroup, record, recorded } from "./sqlite/claims.ts";
import { agreedClock, agreeOnClock, machineClock, type Clock } from "./sqlite/clock.ts";
import type { Opened } from "./sqlite/context.ts";
import { decide, noteDecision } from "./sqlite/decisions.ts";
import { end, holders, isAnyLapsed, reap, reapGone } from "./sqlite/endings.ts";
import type { Row } from "./sqlite/database.ts";
import { storeFailure } from "./sqlite/failure.ts";
import { accessTo } from "./sqlite/group-commit.ts";
import { claimKey } from "./sqlite/keys.ts";
import { cancel } from "./sqlite/lanes.ts";
import { cancelAll } from "./sqlite/cancel-all.ts";
import { claimLook, endLook, freeLooks, isAnyLookDue } from "./sqlite/looks.ts";
import { assertStore, connectToExisting, connectToFile, prepareFile } from "./sqlite/open-file.ts";
import { prune } from "./sqlite/prune.ts";
import { rerun } from "./sqlite/reruns.ts";
import { claimReport, endReport, freeReports, isAnyReportDue, storedReports } from "./sqlite/reports.ts";
import { rolloutOfRun } from "./sqlite/rollout-rows.ts";
import { enqueueStaged, isAnyStaged } from "./sqlite/stage.ts";
import { deliveriesThatFit, deliveryById, linesOf, runById, runsThatFit } from "./sqlite/queries.ts";

/** Settings that tests change. */
export interface SqliteOptions {
  /** The machine's, unless told. */
  readonly clock?: Clock;
  /** Milliseconds that a call waits for another process's lock before it throws `unavailable`. GitHub waits ten seconds for an answer. */
  readonly patience?: number;
  /** The action for which the store has to exist: it is not made. */
  readonly existingFor?: string | undefined;
}

/**
 * Returns a store in one SQLite file, for any number of processes of one machine. Throws one line, and leaves the file as it is, when it is another
 * program's or was written by a newer fairlead, is damaged, or is on a network file system.
 */
export async function openSqlite(file: string, { clock, patience = 5_000, existingFor }: SqliteOptions = {}): Promise<Store> {
  const machine = clock ?? (await machineClock());
  const db = existingFor === undefined ? await connectToFile(file) : await connectToExisting(file, existingFor);
  const access = accessTo(db, file, patience);
  try {
    if (existingFor !== undefined) await access.read("open store", () => assertStore(db, file, existingFor));
    await access.read("open store", () => prepareFile(db, file));
    const agreed = await access.read("open store", () => agreedClock(db, machine));
    const opened = { db, access, clock: agreed ?? (await access.write("open store", () => agreeOnClock(db, machine))) };
    if (await access.read("open store", () => isAnyStaged(opened))) await enqueueStaged(opened);
    return storeOf(opened);
  } catch (error) {
    await access.close();
    throw storeFailure("open store", file, error);
  }
}

function storeOf(opened: Opened): Store {
  const { clock, access, db } = opened;
  return {
    accept: (delivery, runs, pace) => acceptDelivery(opened, delivery, runs, pace),
    known: (source, providerId) => access.read("read delivery", () => known(opened, source, providerId)),
    async claim(worker, lease) {
      if (!(await access.read("claim run", () => isAnyDue(opened)))) return undefined;
      return await access.write("claim run", () => claim(opened, worker, lease));
    },
    heartbeat: (run, lease) => access.write("prolong lease", () => heartbeat(opened, run, lease)),
    recorded: (run, step, key) => access.read("read journal", () => recorded(opened, run, step, key)),
    record: (run, step, key, entry) => access.write("record step", () => record(opened, run, step, key, entry)),
    claimKey: (run, step, key) => access.write("claim key", () => claimKey(opened, run, step, key)),
    finish: (run, ending) => access.write("end run", () => end(opened, held(opened, run, "end run"), ending)),
    log: (run, lines) => access.write("write log", () => log(opened, run, lines)),
    noteGroup: (run, group) => access.write("note process", () => noteGroup(opened, run, group)),
    async reap(isGone) {
      const gone =
        isGone === undefined ? [] : (await access.read("reap runs", () => holders(opened))).filter(({ holder }) => isGone(holder));
      if (isGone !== undefined) await Promise.all([freeReports(opened, isGone), freeLooks(opened, isGone)]);
      let count = gone.length === 0 ? 0 : await access.write("reap runs", () => reapGone(opened, gone));
      while (await access.read("reap runs", () => isAnyLapsed(opened))) count += await access.write("reap runs", () => reap(opened));
      return count;
    },
    prune: (olderThan) => prune(opened, clock.wall() - olderThan),
    cancelAll: (query) => cancelAll(opened, query),
    cancel: (id) => access.write("cancel run", () => cancel(opened, rowOf(opened, id))),
    decide: (id, decision, act) => access.write(act.act, () => decide(opened, id, decision, act)),
    noteDecision: (run, decision) => access.write("note decision", () => noteDecision(opened, run, decision)),
    audit: (limit) => access.read("read audit", () => audited(opened, limit)),
    rerun: (id) => access.write("make run anew", () => rerun(opened, id)),
    run: (id) => access.read("read run", () => runById(opened, id)),
    runs: (query) => access.read("list runs", () => runsThatFit(opened, query)),
    logOf: (id, after) => linesOf(opened, id, after),
    delivery: (id) => access.read("read delivery", () => deliveryById(opened, id)),
    deliveries: (query) => access.read("list deliveries", () => deliveriesThatFit(opened, query)),
    async claimReport(sender, lease) {
      if (!(await access.read("claim report", () => isAnyReportDue(opened)))) return undefined;
      return await access.write("claim report", () => claimReport(opened, sender, lease));
    },
    endReport: (report, ending) => access.write("end report", () => endReport(opened, report, ending)),
    async claimLook(worker, lease) {
      if (!(await access.read("claim look", () => isAnyLookDue(opened)))) return undefined;
      return await access.write("claim look", () => claimLook(opened, worker, lease));
    },
    async endLook(look, ending) {
      if (!(await access.write("end look", () => endLook(opened, look, ending)))) throw lookTaken(look.run);
    },
    toldOf: (id) => access.read("read reports", () => ({ reports: storedReports(opened, id), rollout: rolloutOfRun(opened, id) })),
    async keepConfig(hash, text) {
      const values = { hash, text, keptAt: clock.wall() };
      await access.write("keep configuration", () =>
        db.run("INSERT OR IGNORE INTO config (hash, text, kept_at) VALUES (:hash, :text, :keptAt)", values),
      );
    },
    async probe(bytes) {
      const values = { hash: "probe", text: "0".repeat(bytes), keptAt: 0 };
      await access.write("probe store", () =>
        db.run("INSERT OR REPLACE INTO config (hash, text, kept_at) VALUES (:hash, :text, :keptAt)", values),
      );
      await access.write("probe store", () => db.run("DELETE FROM config WHERE hash = 'probe'", {}));
    },
    async config(hash) {
      const row = await access.read("read configuration", () => db.get("SELECT text FROM config WHERE hash = :hash", { hash }));
      return row && String(row.text);
    },
    async putInForce(hash) {
      await access.write("keep configuration", () => db.run("INSERT OR REPLACE INTO in_force (one, hash) VALUES (1, :hash)", { hash }));
    },
    async configInForce() {
      const row = await access.read("read configuration", () => db.get("SELECT text FROM config JOIN in_force USING (hash)"));
      return row && String(row.text);
    },
    [Symbol.asyncDispose]: () => access.close(),
  };
}

function rowOf({ db }: Opened, id: string): Row {
  const run = db.get("SELECT * FROM run WHERE id = :id", { id });
  if (run === undefined) throw runNotFound("cancel run", id);
  return run;
}
