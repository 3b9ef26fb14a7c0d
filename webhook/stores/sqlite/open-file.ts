import { mkdir, open, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { FairleadError } from "../../../src/core/errors.ts";
import { connect, type Database } from "./database.ts";
import { migrations } from "./migrations.ts";
import { assertPrivateFolder, keepPrivate } from "./private-file.ts";

/** The `application_id` of our files, by which `file` names them: "flrd". */
const applicationId = 0x666c7264;

/** By `statfs(2)`: on these, processes do not share memory, or locks are not kept. The write-ahead log needs both: https://sqlite.org/wal.html. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"],
  [0x0bd00bd0, "Lustre"],
  [0x65735546, "FUSE"],
]);

/** Throws `unsupported` when the file system, by its type of `statfs(2)`, cannot hold a store. */
export function assertLocalFileSystem(file: string, type: number): void {
  const name = networkFileSystems.get(type >>> 0);
  if (name === undefined) return;
  throw new FairleadError("unsupported", `open store: ${file} is on ${name}, where it would be damaged`, {
    hint: "put it on a disk of this machine",
  });
}

/**
 * Makes the file, which only its owner may read, and its folder, where they are not there, and connects to it. Nothing of a file that is there is
 * changed. Throws `unavailable` when that cannot be, `forbidden` for a folder that others may write.
 */
export async function connectToFile(file: string): Promise<Database> {
  const folder = dirname(file);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    assertPrivateFolder(file, folder);
    assertLocalFileSystem(file, (await statfs(folder)).type);
    await (await open(file, "a", 0o600)).close();
  } catch (error) {
    throw unwritable(file, error);
  }
  return connect(file);
}

/** Connects to a file that is there, for an action such as `read runs`. Throws `not_found` where there is none, and makes nothing. */
export async function connectToExisting(file: string, doing: string): Promise<Database> {
  try {
    assertLocalFileSystem(file, (await statfs(dirname(file))).type);
    await (await open(file, "r+")).close();
  } catch (error) {
    if (isErrnoException(error) && ["ENOENT", "ENOTDIR"].includes(error.code)) throw noStore(file, doing);
    throw unwritable(file, error);
  }
  return connect(file);
}

/** Throws `not_found` when the database is empty: nothing was ever kept in it. */
export function assertStore(db: Database, file: string, doing: string): void {
  if (db.get("SELECT 1 FROM sqlite_schema") === undefined) throw noStore(file, doing);
}

function noStore(file: string, doing: string): FairleadError {
  return new FairleadError("not_found", `${doing}: no store at ${file}`, {
    hint: "name the configuration of the listener with --config, or start fairlead serve, which makes the store",
  });
}

function unwritable(file: string, error: unknown): unknown {
  if (!isErrnoException(error)) return error;
  return new FairleadError("unavailable", `open store: ${file} cannot be opened for writing: ${error.code}`, {
    hint: "run the command as the user of the listener, who owns the file",
    cause: error,
  });
}

function isErrnoException(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "errno" in error && "code" in error && typeof error.code === "string";
}

/**
 * Lets nobody else read or write a file of ours, and brings its schema up to date in one transaction. Throws `unsupported` for a newer one and `conflict` for a file that is none of ours, and
 * leaves both as they are. What SQLite throws comes as it is.
 */
export function prepareFile(db: Database, file: string, steps: readonly string[] = migrations): void {
  assertOwnDatabase(db, file, steps.length);
  keepPrivate(file);
  // of a file that has tables, only a VACUUM of all of it would change this
  if (db.get("SELECT 1 FROM sqlite_schema") === undefined) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  const mode = db.get("PRAGMA journal_mode = WAL")?.journal_mode;
  if (mode !== "wal") throw new FairleadError("unsupported", `open store: the file system of ${file} keeps no write-ahead log`);
  db.exec(settings);
  if (versionOf(db) !== steps.length) {
    db.transact(() => {
      // Another process may have done it by now.
      for (const step of steps.slice(versionOf(db))) db.exec(step);
      db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}`);
    });
  }
  lookForDamage(db);
}

/**
 * Reads the first and the last row of what grows: a file that was cut off or overwritten shows at once. A whole check would read all of it, at each
 * start of each process.
 */
function lookForDamage(db: Database): void {
  for (const table of ["delivery", "run"]) {
    for (const order of ["ASC", "DESC"]) db.get(`SELECT id FROM ${table} ORDER BY seq ${order} LIMIT 1`);
  }
}

/** FULL: with NORMAL a power cut takes the last transactions away. The log is cut to 64 MiB after a long reader had it grow; the cache is 16 MiB. */
const settings = `
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA cache_size = -16384;
`;

/** Throws `conflict` when the database is another program's, `unsupported` when a newer fairlead wrote it. */
function assertOwnDatabase(db: Database, file: string, known: number): void {
  const id = db.get("PRAGMA application_id")?.application_id;
  const isEmpty = db.get("SELECT 1 FROM sqlite_schema") === undefined;
  if (id !== applicationId && !(id === 0 && isEmpty)) {
    throw new FairleadError("conflict", `open store: ${file} is another program's database`, { hint: "name another file" });
  }
  const version = versionOf(db);
  if (version <= known) return;
  throw new FairleadError(
    "unsupported",
    `open store: ${file} was written by a newer fairlead: its schema is ${version}, this one knows ${known}`,
    {
      hint: "run the newer fairlead, or restore the backup that was made before it",
    },
  );
}

function versionOf(db: Database): number {
  return Number(db.get("PRAGMA user_version")?.user_version);
}
