import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { storeContract } from "./contract.ts";
import type { Place } from "./contract-crash.ts";
import { openBed } from "./sqlite-bed.ts";

/** Names a file that is not there yet. */
async function openPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-test-store-"));
  const file = join(folder, "fairlead.db");
  return {
    address: `sqlite:${file}`,
    check() {
      using db = new DatabaseSync(file);
      expect([db.prepare("PRAGMA integrity_check").get(), db.prepare("PRAGMA foreign_key_check").get()]).toEqual([
        { integrity_check: "ok" },
        undefined,
      ]);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

storeContract("the store in an SQLite file", openBed, openPlace);
