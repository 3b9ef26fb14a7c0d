import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { FairleadError } from "../../../src/core/errors.ts";

type Wording = readonly [code: "unavailable" | "internal" | "conflict", problem: (file: string) => string, hint: string];

const locked: Wording = [
  "unavailable",
  (file) => `${file} is locked by another process`,
  "end what holds it, such as a backup or an open sqlite3",
];
const unwritable: Wording = [
  "unavailable",
  (file) => `${file} cannot be opened for writing`,
  "run the command as the user of the listener, who owns the file",
];

const broken: Wording = ["unavailable", (file) => `the disk of ${file} reports an error`, "look at the disk and the kernel's log"];
const full: Wording = ["unavailable", (file) => `no space is left for ${file}`, "make space on its disk: nothing has to be restarted"];

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that have a meaning here. */
const wordings: ReadonlyMap<number, Wording> = new Map([
  [5, locked], // SQLITE_BUSY
  [6, locked], // SQLITE_LOCKED
  [8, unwritable], // SQLITE_READONLY
  [10, broken], // SQLITE_IOERR
  [
    11, // SQLITE_CORRUPT
    ["internal", (file) => `${file} is damaged`, "stop the listener, move the file away with its -wal and -shm, and restore a backup"],
  ],
  [13, full], // SQLITE_FULL
  [14, unwritable], // SQLITE_CANTOPEN
  [26, ["conflict", (file) => `${file} is no store, or its first page is damaged`, "name another file, or restore a backup"]], // SQLITE_NOTADB
]);

/** Returns how SQLite's error is said, or undefined for one that it did not give, or that has no meaning here. */
function wordingOf(error: unknown): Wording | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return wordings.get(error.errcode & 0xff);
}

/** Tells whether another process holds the file for now. */
export function isBusy(error: unknown): boolean {
  return wordingOf(error) === locked;
}

/** Returns SQLite's error in our words; any other is returned as it is. */
export function storeFailure(doing: string, file: string, error: unknown): unknown {
  const said = wordingOf(error);
  const [code, problem, hint] = (said === broken && isFull(file) ? full : said) ?? [];
  if (code === undefined || problem === undefined) return error;
  return new FairleadError(code, `${doing}: ${problem(file)}`, { hint, cause: error });
}

/** A full disk cannot enlarge the file by which processes share the log: SQLite says of that what it says of a broken disk. */
function isFull(file: string): boolean {
  try {
    return statfsSync(dirname(file)).bavail === 0;
  } catch {
    return false;
  }
}
