import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../../../webhook/store.ts";
import { openSqlite } from "../../../webhook/stores/sqlite.ts";
import { start, type Bed } from "./bed.ts";

/** Opens a bed on a file of its own. */
export async function openBed(): Promise<Bed> {
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
