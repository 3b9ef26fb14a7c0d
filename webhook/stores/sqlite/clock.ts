import { readFile } from "node:fs/promises";
import { FairleadError } from "../../../src/core/errors.ts";
import { longestBackoff } from "../lifecycle/ending.ts";
import type { Database } from "./database.ts";

/** A machine's clock, in whole milliseconds. */
export interface Clock {
  /** Since 1970, as people see it: it can be set, and jumps then. */
  readonly wall: () => number;
  /** Since the machine was booted. It never jumps. */
  readonly monotonic: () => number;
  /** The id of this boot of the machine. */
  readonly boot: string;
}

const bootId = "/proc/sys/kernel/random/boot_id";
const unknownBoot = "unknown";

/** Returns this machine's clock. Where Linux's id of the boot cannot be read, there is only the wall clock. */
export async function machineClock(): Promise<Clock> {
  const boot = await readFile(bootId, "utf8").catch(() => undefined);
  const wall = (): number => Date.now();
  if (boot === undefined) return { wall, monotonic: wall, boot: unknownBoot };
  return { wall, monotonic: () => Number(process.hrtime.bigint() / 1_000_000n), boot: boot.trim() };
}

/** The time for all who use one file, in milliseconds since 1970. */
export interface StoreClock {
  /** For times that are shown. */
  readonly wall: () => number;
  /** For leases, back-off and waiting. */
  readonly steady: () => number;
}

/**
 * Returns the time that all processes on the file have agreed on, which no change of the wall clock moves: the machine's monotonic clock, counted from
 * what the wall clock said when the file was first opened in this boot. So a jump by an hour neither ends the leases of living workers nor prolongs
 * those of dead ones. Undefined: nobody has opened the file in this boot.
 */
export function agreedClock(db: Database, machine: Clock): StoreClock | undefined {
  const kept = db.get("SELECT base FROM clock WHERE boot = :boot", { boot: machine.boot });
  return kept && clockFrom(machine, Number(kept.base));
}

/**
 * Within a transaction: agrees on the time of this boot, if nobody else has by now. No worker outlives its machine: all leases are over at once. And
 * should the wall clock be set back since the last boot, no back-off is longer than the longest. Throws `unsupported` where others know the boot
 * and this process does not: by its clock the leases of theirs would be over.
 */
export function agreeOnClock(db: Database, machine: Clock): StoreClock {
  const agreed = agreedClock(db, machine);
  if (agreed !== undefined) return agreed;
  if (machine.boot === unknownBoot && db.get("SELECT 1 FROM clock") !== undefined) {
    throw new FairleadError("unsupported", `open store: ${bootId} cannot be read, and who has used the file before could`, {
      hint: "let all who use it read that: in a systemd unit, no ProcSubset=pid",
    });
  }
  const base = Math.round(machine.wall() - machine.monotonic());
  const clock = clockFrom(machine, base);
  const now = clock.steady();
  db.run("INSERT OR REPLACE INTO clock (one, boot, base) VALUES (1, :boot, :base)", { boot: machine.boot, base });
  db.run("UPDATE run SET due_at = :now WHERE state = 'running'", { now });
  db.run("UPDATE report SET due_at = min(due_at, :now) WHERE sender IS NOT NULL", { now });
  db.run("UPDATE report SET due_at = :latest WHERE due_at > :latest", { latest: now + longestBackoff });
  for (const queue of ["report_queue", "look_queue"])
    db.run(`UPDATE ${queue} SET due_at = :latest WHERE due_at > :latest`, { latest: now + longestBackoff });
  const heldLooks = "SELECT run, fence FROM look_queue WHERE looker IS NOT NULL";
  db.run(`UPDATE rollout SET due_at = min(due_at, :now) WHERE (run, fence) IN (${heldLooks})`, { now });
  db.run("UPDATE look_queue SET held_until = 0, looker = NULL, run = NULL, fence = NULL WHERE looker IS NOT NULL");
  // The plus keeps SQLite from the index of states, by which it would look at all that is queued.
  db.run("UPDATE run SET due_at = :latest WHERE next = 1 AND due_at > :latest AND +state = 'queued'", { latest: now + longestBackoff });
  return clock;
}

function clockFrom({ wall, monotonic }: Clock, base: number): StoreClock {
  return { wall, steady: () => base + monotonic() };
}
