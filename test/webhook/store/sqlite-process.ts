// A process of its own on an SQLite file: `node sqlite-process.ts ACT FILE`.
import { DatabaseSync } from "node:sqlite";
import { connect } from "../../../webhook/stores/sqlite/database.ts";
import { migrations } from "../../../webhook/stores/sqlite/migrations.ts";
import { prepareFile } from "../../../webhook/stores/sqlite/open-file.ts";
import { minute } from "./bed.ts";

const acts: Readonly<Record<string, (file: string) => void>> = {
  /** Holds the file's lock until it is killed. */
  lock(file) {
    const db = new DatabaseSync(file);
    db.exec("BEGIN IMMEDIATE");
    process.stdout.write("locked\n");
    // What nobody refers to is closed by the garbage collector, which gives the lock back.
    setInterval(() => db.isTransaction, minute);
  },

  /** Dies in the middle of a migration. */
  migrate(file) {
    const db = connect(file);
    const exec = (sql: string): void => void (sql === "die" ? process.kill(process.pid, "SIGKILL") : db.exec(sql));
    prepareFile({ ...db, exec }, file, [...migrations, "CREATE TABLE half (x)", "die"]);
  },
};

const [act = "", file = ""] = process.argv.slice(2);
acts[act]?.(file);
