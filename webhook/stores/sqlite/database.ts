import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, SQLOutputValue>>;
/** The values of a statement's `:names`. */
export type SqlValues = Record<string, SQLInputValue>;

/** One connection to the file. All of it is synchronous, and throws SQLite's own errors. */
export interface Database {
  /** Returns the first row, if there is one. */
  get(sql: string, values?: SqlValues): Row | undefined;
  all(sql: string, values?: SqlValues): readonly Row[];
  /** Returns how many rows were changed. */
  run(sql: string, values?: SqlValues): number;
  /** Runs statements that take no values and return no rows. */
  exec(sql: string): void;
  /** Does it in one transaction, which is on disk when this returns; when it throws, nothing of it is there. */
  transact<T>(work: () => T): T;
  close(): void;
}

/**
 * Milliseconds that a call may block for another process's transaction: the event loop blocks with it. A transaction takes about a
 * millisecond; whoever waits longer does so by a timer.
 */
const busyTimeout = 5;

/** Node binds by place in a sixth of the time that it takes by name: each name becomes a `?`, and its value is given as often as it is named. */
const placeholder = /(?<![:\w]):(\w+)/g;

/** A statement, and what gives the values of its places. */
interface Prepared {
  readonly statement: StatementSync;
  readonly bind: (values: SqlValues | undefined) => SQLInputValue[];
}

/** Opens a connection. Statements are prepared once: there are some dozens of them. */
export function connect(file: string): Database {
  const connection = new DatabaseSync(file, { timeout: busyTimeout });
  const known = new Map<string, Prepared>();
  const prepare = (sql: string): Prepared => {
    const names = Array.from(sql.matchAll(placeholder), ([, name]) => name!);
    const made = {
      statement: connection.prepare(sql.replaceAll(placeholder, "?")),
      bind: (values: SqlValues = {}) => names.map((name) => values[name]!),
    };
    known.set(sql, made);
    return made;
  };
  const prepared = (sql: string): Prepared => known.get(sql) ?? prepare(sql);
  return {
    get(sql, values) {
      const { statement, bind } = prepared(sql);
      return statement.get(...bind(values));
    },
    all(sql, values) {
      const { statement, bind } = prepared(sql);
      return statement.all(...bind(values));
    },
    run(sql, values) {
      const { statement, bind } = prepared(sql);
      return Number(statement.run(...bind(values)).changes);
    },
    exec: (sql) => connection.exec(sql),
    transact(work) {
      connection.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        connection.exec("COMMIT");
        return result;
      } catch (error) {
        // A full disk has SQLite roll back by itself.
        if (connection.isTransaction) connection.exec("ROLLBACK");
        throw error;
      }
    },
    close: () => connection.close(),
  };
}
