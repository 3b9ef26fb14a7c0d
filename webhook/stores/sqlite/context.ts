import { randomUUID } from "node:crypto";
import type { StoreClock } from "./clock.ts";
import type { Database } from "./database.ts";
import type { Access } from "./group-commit.ts";

/** What each operation works on. */
export interface Opened {
  readonly db: Database;
  readonly clock: StoreClock;
  readonly access: Access;
}

/**
 * Returns a new id of a delivery or a run: a UUID of version 7 (RFC 9562). It is unlike that of any other store, since names outside are made of it;
 * and ids made one after the other stand side by side in the index, so that a large file takes a new one as fast as a small one.
 */
export function newId(wall: number): string {
  const time = wall.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
