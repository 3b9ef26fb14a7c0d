/** Looks: which change of a Flux repository its provider is asked of next, and what it has answered. */
import { backoffAfter } from "../lifecycle/ending.ts";
import { mostLooking, restOfQueue } from "../lifecycle/report.ts";
import { isUnderWay } from "../lifecycle/rollout.ts";
import type { RunHolder } from "../../store.ts";
import type { LookClaim, LookEnding } from "../../store-reports.ts";
import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { readFollowed } from "./rollout-rows.ts";
import { change, knownObjects } from "./rollouts.ts";

/**
 * Of each repository that does not rest the first change, and of these the one of the repository whose last look is the longest ago. Of one repository,
 * one look is under way at a time: one that does not answer holds up no other. Of what nobody reports, nobody asks.
 */
const nextLook = `
  SELECT rollout.*, run.id FROM look_queue CROSS JOIN rollout ON rollout.run =
    (SELECT due.run FROM rollout AS due WHERE due.repository = look_queue.name AND due.due_at <= :now
       AND EXISTS (SELECT 1 FROM report WHERE report.run = due.run) ORDER BY due.due_at, due.run LIMIT 1)
  JOIN run ON run.seq = rollout.run
  WHERE look_queue.due_at <= :now AND look_queue.held_until <= :now
    AND (SELECT count(*) FROM look_queue AS other WHERE other.held_until > :now) < ${mostLooking}
  ORDER BY look_queue.last, rollout.due_at, rollout.run LIMIT 1`;

/** Reads whether a provider is to be asked. */
export function isAnyLookDue({ db, clock }: Opened): boolean {
  return db.get(nextLook, { now: clock.steady() }) !== undefined;
}

/** Within a transaction: gives the next look to a worker. */
export function claimLook(opened: Opened, looker: string, lease: number): LookClaim | undefined {
  const { db, clock } = opened;
  const row = db.get(nextLook, { now: clock.steady() });
  if (row === undefined) return undefined;
  const [fence, leaseEnd] = [Number(row.fence) + 1, clock.steady() + lease];
  db.run("UPDATE rollout SET fence = :fence, due_at = :leaseEnd WHERE run = :run", { run: row.run!, fence, leaseEnd });
  db.run(
    `UPDATE look_queue SET last = (SELECT max(last) FROM look_queue) + 1, held_until = :leaseEnd, looker = :looker, run = :run, fence = :fence
     WHERE name = :repository`,
    { leaseEnd, looker, run: row.run!, fence, repository: row.repository! },
  );
  const rollout = readFollowed(row);
  const known = knownObjects(opened, Number(row.run), rollout.repository);
  return { run: String(row.id), fence, rollout, known, since: Number(row.at) };
}

/** Within a transaction: ends a look, whose repository may be asked again. Returns false where another has it, or another event came meanwhile. */
export function endLook(opened: Opened, claim: LookClaim, ending: LookEnding): boolean {
  leaveQueue(opened, claim, ending);
  const row = opened.db.get(
    "SELECT rollout.* FROM rollout JOIN run ON run.seq = rollout.run WHERE run.id = :id AND rollout.fence = :fence",
    {
      id: claim.run,
      fence: claim.fence,
    },
  );
  if (row !== undefined) settle(opened, row, ending);
  return row !== undefined;
}

/** A repository that does not answer rests as a whole. One that has another look by now is that one's. */
function leaveQueue({ db, clock }: Opened, { run: id, fence }: LookClaim, ending: LookEnding): void {
  const row = db.get("SELECT name, attempt FROM look_queue WHERE run = (SELECT seq FROM run WHERE id = :id) AND fence = :fence", {
    id,
    fence,
  });
  if (row === undefined) return;
  const rested = restOfQueue(ending, { attempt: Number(row.attempt), now: clock.steady(), random: Math.random() });
  db.run(
    `UPDATE look_queue SET held_until = 0, looker = NULL, run = NULL, fence = NULL,
       due_at = coalesce(:dueAt, due_at), attempt = coalesce(:attempt, attempt) WHERE name = :name`,
    { name: row.name!, dueAt: rested?.dueAt ?? null, attempt: rested?.attempt ?? null },
  );
}

/** Of what is still under way when it is too late, nobody waits any more. */
function settle(opened: Opened, row: Row, ending: LookEnding): void {
  const { db, clock } = opened;
  const [run, now, before] = [Number(row.run), clock.steady(), readFollowed(row)];
  if (ending.state === "wanted") return void db.run("UPDATE rollout SET due_at = :now WHERE run = :run", { run, now });
  if (ending.state === "found") {
    change(opened, run, before, { ...before, ...ending.rollout, later: [] });
    if (ending.pending === true) askAgain(opened, run);
    return;
  }
  const isLate = row.expires_at !== null && now >= Number(row.expires_at);
  if (ending.state === "nothing") db.run("UPDATE rollout SET later = '[]' WHERE run = :run", { run });
  if (ending.state === "nothing" && ending.pending === true && !isLate && Number(row.attempt) < mostAgain) return askAgain(opened, run);
  const retries = ending.state === "failed" && ending.retry && !(isLate && now - Number(row.expires_at) > longestLooking);
  if (retries) {
    const attempt = Number(row.attempt) + 1;
    const dueAt = now + backoffAfter(attempt, Math.random());
    db.run("UPDATE rollout SET due_at = :dueAt, attempt = :attempt WHERE run = :run", { run, dueAt, attempt });
  } else if (isLate && isUnderWay(before.state)) change(opened, run, before, { ...before, state: "unknown" });
  else db.run("UPDATE rollout SET due_at = iif(:isLate, NULL, expires_at), attempt = 0 WHERE run = :run", { run, isLate: Number(isLate) });
}

/** Milliseconds between two looks for reports that are expected, and how many there are: ten minutes in all. Later ones come with an event. */
const again = 30_000;
const mostAgain = 20;

function askAgain({ db, clock }: Opened, run: number): void {
  db.run("UPDATE rollout SET due_at = :dueAt, attempt = attempt + 1 WHERE run = :run", { run, dueAt: clock.steady() + again });
}

/** Milliseconds for which a provider that does not answer is asked again after it is too late. */
const longestLooking = 24 * 60 * 60_000;

/** Gives looks of workers that are gone to others. */
export async function freeLooks({ db, access, clock }: Opened, isGone: (holder: RunHolder) => boolean): Promise<void> {
  const held = await access.read("reap looks", () => db.all("SELECT DISTINCT looker FROM look_queue WHERE looker IS NOT NULL"));
  for (const { looker } of held.filter(({ looker }) => isGone({ worker: String(looker), group: undefined }))) {
    await access.write("reap looks", () => {
      const values = { looker: looker!, now: clock.steady() };
      db.run("UPDATE rollout SET due_at = :now WHERE (run, fence) IN (SELECT run, fence FROM look_queue WHERE looker = :looker)", values);
      db.run("UPDATE look_queue SET held_until = 0, looker = NULL, run = NULL, fence = NULL WHERE looker = :looker", { looker: looker! });
    });
  }
}
