import type { Event } from "../../../src/core/event.ts";
import { commitOf, follow, isUnderWay, longestFollowing, newRollout, setsBack } from "../lifecycle/rollout.ts";
import type { FollowedRollout, NewRollout } from "../../store-reports.ts";
import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { want } from "./report-rows.ts";
import { readFollowed } from "./rollout-rows.ts";
import { readJson } from "./rows.ts";

/** Within a transaction: follows the change of a run that ends. What was told of it since the run was claimed counts. */
export function insertRollout(opened: Opened, { seq, claimed_after }: Row, given: NewRollout): void {
  const { db, clock } = opened;
  const { repository, number, object, images } = given;
  db.run("INSERT OR IGNORE INTO look_queue (name) VALUES (:repository)", { repository });
  db.run(
    `INSERT OR REPLACE INTO rollout (run, repository, number, state, at, object, images)
     VALUES (:seq, :repository, :number, 'proposed', :at, :object, :images)`,
    {
      seq: seq!,
      repository,
      number: number ?? null,
      at: clock.wall(),
      object: object ?? null,
      images: JSON.stringify(images),
    },
  );
  const made = newRollout(given);
  write(opened, Number(seq), made);
  if (made.commit !== undefined) takeBack(opened, Number(seq), made);
  const rows = db.all(
    `SELECT event.value AS event, delivery.proven FROM delivery, json_each(delivery.events) AS event
     WHERE delivery.seq > :after AND event.value ->> 'kind' IN ('push', 'pull-request', 'reconciliation') ORDER BY delivery.seq`,
    { after: Number(claimed_after) },
  );
  for (const row of rows) followOne(opened, Number(seq), readJson<Event>(row.event)!, row.proven === 1);
}

/** Within a transaction: lets the events of a delivery count for the changes that are followed. */
export function followEvents(opened: Opened, events: readonly Event[], proven: boolean): void {
  if (opened.db.get("SELECT 1 FROM rollout LIMIT 1") === undefined) return;
  for (const event of events) for (const run of concerned(opened, event)) followOne(opened, run, event, proven);
}

/** Returns the runs whose changes an event may be about, each found by an index. */
function concerned({ db }: Opened, event: Event): readonly number[] {
  const find = (where: string, values: Readonly<Record<string, string | number | null>>): readonly number[] =>
    db.all(`SELECT run FROM rollout WHERE ${where}`, values).map(({ run }) => Number(run));
  if (event.kind === "pull-request") {
    const { repository, number, reverts = null } = event;
    return find("repository = :repository AND number IN (:number, :reverts)", { repository, number, reverts });
  }
  if (event.kind === "push") return (event.reverts ?? []).flatMap((commit) => find("commit_sha = :commit", { commit }));
  if (event.kind !== "reconciliation") return [];
  const commit = commitOf(event.revision);
  if (commit === undefined) return [];
  return [...new Set([...find("commit_sha = :commit", { commit }), ...find("state IN ('merged', 'unready')", {})])];
}

function followOne(opened: Opened, run: number, event: Event, proven: boolean): void {
  const { db, clock } = opened;
  const before = readFollowed(db.get("SELECT * FROM rollout WHERE run = :run", { run })!);
  const known = event.kind === "reconciliation" ? knownObjects(opened, run, before.repository) : [];
  const next = follow(before, event, { proven, known });
  if (next === undefined) return;
  if (next !== "look") keep(opened, run, before, next.rollout);
  if (next !== "look" && next.look !== true) return;
  // whoever is asking now may have asked before this
  db.run("UPDATE rollout SET due_at = :now, fence = fence + 1, expires_at = coalesce(expires_at, :now) WHERE run = :run", {
    run,
    now: clock.steady(),
  });
}

/** What was heard at another commit is no news of the change, before its provider has been asked. */
function keep(opened: Opened, run: number, before: FollowedRollout, next: FollowedRollout): void {
  if (next.later === before.later) change(opened, run, before, next);
  else opened.db.run("UPDATE rollout SET later = :later WHERE run = :run", { run, later: JSON.stringify(next.later) });
}

/** Returns the objects that have reported on the last three changes before one: Flux may have left out some at one of them. */
export function knownObjects({ db }: Opened, run: number, repository: string): readonly string[] {
  const rows = db.all(
    `SELECT DISTINCT object.key AS object FROM
       (SELECT objects FROM rollout WHERE repository = :repository AND run < :run AND objects <> '{}' ORDER BY run DESC LIMIT 3) AS earlier,
       json_each(earlier.objects) AS object ORDER BY object.key`,
    { run, repository },
  );
  return rows.map(({ object }) => String(object));
}

/** Within a transaction: writes what has become of a change. What is merged may take an earlier change back. */
export function change(opened: Opened, run: number, before: FollowedRollout, next: FollowedRollout): void {
  write(opened, run, next);
  const isNews = before.state !== next.state || before.commit !== next.commit || before.message !== next.message;
  if (isNews) want(opened, run);
  if (before.commit !== undefined || next.commit === undefined) return;
  lookBack(opened, run, next.commit);
  takeBack(opened, run, next);
}

function write({ db, clock }: Opened, run: number, { state, commit, message, objects, later }: FollowedRollout): void {
  const expiresAt = isUnderWay(state) ? clock.steady() + longestFollowing : null;
  db.run(
    `UPDATE rollout SET state = :state, commit_sha = :commit, message = :message, objects = :objects, later = :later, at = :at, fence = fence + 1, attempt = 0,
       due_at = :expiresAt, expires_at = :expiresAt WHERE run = :run`,
    {
      ...{ run, state, commit: commit ?? null, message: message ?? null, objects: JSON.stringify(objects), later: JSON.stringify(later) },
      ...{ at: clock.wall(), expiresAt },
    },
  );
}

/** Milliseconds by which a report of Flux may come before that of the merge. */
const early = 10 * 60_000;

/** Flux may have been faster than whoever tells of the merge. */
function lookBack(opened: Opened, run: number, commit: string): void {
  const rows = opened.db.all(
    `SELECT event.value AS event, delivery.proven FROM delivery, json_each(delivery.events) AS event
     WHERE delivery.received_at >= :since AND event.value ->> 'kind' = 'reconciliation' ORDER BY delivery.seq`,
    { since: opened.clock.wall() - early },
  );
  for (const row of rows) {
    const event = readJson<Event>(row.event)!;
    if (event.kind === "reconciliation" && commitOf(event.revision) === commit) followOne(opened, run, event, row.proven === 1);
  }
}

/** A change of ours that sets images back to what they were is a rollback of the one that has set them. */
function takeBack(opened: Opened, run: number, later: FollowedRollout): void {
  const rows = opened.db.all(
    "SELECT * FROM rollout WHERE repository = :repository AND run < :run AND commit_sha IS NOT NULL AND state <> 'reverted'",
    { repository: later.repository, run },
  );
  for (const row of rows) {
    const earlier = readFollowed(row);
    if (!setsBack(later, earlier)) continue;
    write(opened, Number(row.run), { ...earlier, state: "reverted", message: `reverted by ${later.commit?.slice(0, 12) ?? ""}` });
    want(opened, Number(row.run));
  }
}
