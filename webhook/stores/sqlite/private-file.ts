import { chmodSync, statSync } from "node:fs";
import { exposureOf, exposureText } from "../../../src/core/file-exposure.ts";
import { FairleadError } from "../../../src/core/errors.ts";

const ownerOnly = 0o600;
/** https://sqlite.org/tempfiles.html: SQLite makes them with the mode of the database. */
const companions = ["", "-wal", "-shm", "-journal"];

/**
 * Throws `forbidden` for a store's folder in which everybody may put a file in the place of ours. In a sticky folder, such as /tmp, nobody may. A group
 * that may write is let be: often it is a person's own. https://man7.org/linux/man-pages/man7/inode.7.html
 */
export function assertPrivateFolder(file: string, folder: string): void {
  const found = statSync(folder);
  const exposure = exposureOf(found);
  if (exposure?.who !== "everybody" || exposure.may !== "write" || (found.mode & 0o1000) !== 0) return;
  throw new FairleadError("forbidden", `open store: the folder of ${file} ${exposureText(exposure)}`, {
    hint: `run chmod 700 ${folder}, or name a store in another folder`,
  });
}

/**
 * Takes from everybody but the owner the right to read or write a store's files: deliveries are in them as they came, and who may write them decides
 * what is run. Throws `forbidden` if they belong to another user. By their names: to close a file that SQLite has open would drop its locks.
 */
export function keepPrivate(file: string): void {
  for (const path of companions.map((suffix) => `${file}${suffix}`)) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || (found.mode & 0o077) === 0) continue;
    try {
      chmodSync(path, ownerOnly);
    } catch (cause) {
      throw new FairleadError("forbidden", `open store: ${path} belongs to another user, and others may use it`, {
        hint: `run chmod 600 ${path} as its owner`,
        cause,
      });
    }
  }
}
