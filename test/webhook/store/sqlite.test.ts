import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import type { Store } from "../../../webhook/store.ts";
import { openSqlite } from "../../../webhook/stores/sqlite.ts";
import { start, type Bed } from "./bed.ts";
import { storeContract } from "./contract.ts";
import type { Place } from "./contract-crash.ts";

/** Opens a bed on a file of its own. */
async function openBed(): Promise<Bed> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-test-store-"));
  let now = start.getTime();
  const clock = { wall: () => now, monotonic: () => now, boot: "test" };
  const opened: Store[] = [];
  const again = async (): Promise<Store> => {
    const store = await openSqlite(join(folder, "fairlead.db"), { clock });
    opened.push(store);
    return store;
  };
  return {
    store: await again(),
    again,
    advance: (milliseconds) => void (now += milliseconds),
    async [Symbol.asyncDispose]() {
      for (const store of opened) await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

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
