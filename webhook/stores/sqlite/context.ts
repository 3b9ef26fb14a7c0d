import { randomUUID } from "node:crypto";
import { idAt } from "../lifecycle/id.ts";
import type { StoreClock } from "./clock.ts";
import type { Database } from "./database.ts";
import type { FileAccess } from "./group-commit.ts";

/** An open store: the file, its clock, and the access by which both are used. */
export interface Opened {
  readonly db: Database;
  readonly clock: StoreClock;
  readonly access: FileAccess;
}

/** Returns the id of a delivery or a run that is made now. Ids that follow each other let a large file take a new one as fast as a small one. */
export function newId(wall: number): string {
  return idAt(wall, randomUUID());
}
