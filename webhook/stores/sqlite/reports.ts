import type { RunProblem } from "../../../src/core/reporter.ts";
import type { ReportClaim, RunHolder, StoredRun } from "../../store.ts";
import type { ReportEnding, StoredReport, StoredSubject } from "../../store-reports.ts";
import { reportTaken } from "../lifecycle/id.ts";
import { mostSending, restOfQueue, settleReport, stateOfReport } from "../lifecycle/report.ts";
import { addLines } from "./claims.ts";
import type { Opened } from "./context.ts";
import type { Row, SqlValues } from "./database.ts";
import { runOf } from "./queries.ts";
import { readJson } from "./rows.ts";
import { rolloutOf } from "./rollout-rows.ts";

/**
 * Of each repository that does not rest the first report, and of these the one of the repository whose last claim is the longest ago. Of one repository,
 * one report is sent at a time: the last one that is sent is the last one that is seen, and one that does not answer holds up no other.
 */
const next = `
  SELECT report.* FROM report_queue CROSS JOIN report ON (report.run, report.reporter) =
    (SELECT run, reporter FROM report WHERE queue = report_queue.name AND due_at <= :now ORDER BY due_at, run, reporter LIMIT 1)
  WHERE report_queue.due_at <= :now
    AND (SELECT count(*) FROM report AS other WHERE other.sender IS NOT NULL AND other.due_at > :now) < ${mostSending}
    AND NOT EXISTS (SELECT 1 FROM report AS other WHERE other.sender IS NOT NULL AND other.due_at > :now AND other.queue = report_queue.name)
  ORDER BY report_queue.last, report.due_at, report.run LIMIT 1`;

/** Reads whether there is a report to send. */
export function isAnyReportDue({ db, clock }: Opened): boolean {
  return db.get(next, { now: clock.steady() }) !== undefined;
}

/** Within a transaction: gives the next report to a worker. What was told already, such as of a run that only looked and waits on, is none. */
export function claimReport(opened: Opened, sender: string, lease: number): ReportClaim | undefined {
  const { db, clock } = opened;
  for (let row: Row | undefined; (row = db.get(next, { now: clock.steady() })) !== undefined;) {
    const claimed = readReport(opened, row);
    if (shownOf(claimed) === row.shown) {
      db.run(`UPDATE report SET sent = wanted, due_at = NULL, sender = NULL, attempt = 0 ${byKey}`, keyOf(row));
      continue;
    }
    db.run(`UPDATE report SET fence = fence + 1, sender = :sender, due_at = :leaseEnd ${byKey}`, {
      ...keyOf(row),
      sender,
      leaseEnd: clock.steady() + lease,
    });
    db.run("UPDATE report_queue SET last = (SELECT max(last) FROM report_queue) + 1 WHERE name = :queue", { queue: row.queue! });
    return claimed;
  }
  return undefined;
}

function readReport(opened: Opened, row: Row): ReportClaim {
  return {
    run: runOf(opened, Number(row.run)),
    reporter: String(row.reporter),
    fence: Number(row.fence) + 1,
    revision: Number(row.wanted),
    subject: readJson<StoredSubject>(row.subject),
    rollout: rolloutOf(opened, Number(row.run)),
  };
}

/** What of a run is told, as text. */
function shownOf({ run: { state, attempt, reason, error, result }, rollout }: Pick<ReportClaim, "run" | "rollout">): string {
  return JSON.stringify([state, state === "waiting" ? 0 : attempt, reason, error, result !== undefined, rollout]);
}

const byKey = "WHERE run = :run AND reporter = :reporter";

function keyOf({ run, reporter }: Row): SqlValues {
  return { run: run!, reporter: reporter! };
}

/** Within a transaction: ends a try to tell. */
export function endReport(opened: Opened, claim: ReportClaim, ending: ReportEnding): void {
  const { db, clock } = opened;
  const row = db.get(heldReport, { id: claim.run.id, reporter: claim.reporter, fence: claim.fence });
  if (row === undefined) throw reportTaken(claim.run.id, claim.reporter);
  const facts = { attempt: Number(row.attempt), wantedAt: Number(row.wanted_at), changed: Number(row.wanted) > claim.revision };
  const drawn = { now: clock.steady(), random: Math.random() };
  const settled = settleReport(ending, { ...facts, ...drawn });
  rest(opened, row.queue!, ending, drawn);
  const { outcome, dueAt, attempt, error } = settled;
  const isTold = outcome === "told" || outcome === "given-up";
  db.run(
    `UPDATE report SET due_at = :dueAt, sender = NULL, attempt = :attempt, error = :error, sent = iif(:done, :revision, sent),
       shown = iif(:told, :shown, iif(:done, NULL, shown)), told_at = coalesce(:at, told_at), warned = max(warned, :warned) ${byKey}`,
    {
      ...keyOf(row),
      dueAt: dueAt ?? null,
      attempt,
      error: error === undefined ? null : JSON.stringify(error),
      done: Number(outcome !== "later"),
      told: Number(outcome === "told"),
      revision: claim.revision,
      shown: shownOf(claim),
      at: isTold ? clock.wall() : null,
      warned: Number(outcome === "given-up"),
    },
  );
  if (outcome === "given-up" && row.warned === 0) warn(opened, Number(row.run), claim.reporter, error!);
  if (outcome === "told" && row.place !== null) tellNewerAgain(opened, row);
}

/** What is to be told in a repository that does not answer waits as a whole: it costs one attempt for each back-off, not one for each run. */
function rest({ db }: Opened, queue: Row[string], ending: ReportEnding, drawn: { readonly now: number; readonly random: number }): void {
  const row = db.get("SELECT attempt FROM report_queue WHERE name = :queue", { queue })!;
  const rested = restOfQueue(ending, { attempt: Number(row.attempt), ...drawn });
  if (rested !== undefined) db.run("UPDATE report_queue SET due_at = :dueAt, attempt = :attempt WHERE name = :queue", { queue, ...rested });
}

const heldReport = `
  SELECT report.* FROM report JOIN run ON run.seq = report.run
  WHERE run.id = :id AND report.reporter = :reporter AND report.fence = :fence AND report.sender IS NOT NULL`;

/** What is told of a route and a commit may stand in one place, where the newest run has the last word. */
function tellNewerAgain({ db, clock }: Opened, { run, reporter, place, route }: Row): void {
  db.run(
    `UPDATE report SET wanted = wanted + 1, wanted_at = :now, due_at = coalesce(due_at, :now), shown = NULL
     WHERE place = :place AND reporter = :reporter AND route = :route AND run > :run AND sent > 0`,
    { place: place!, reporter: reporter!, route: route!, run: run!, now: clock.steady() },
  );
}

function warn(opened: Opened, run: number, reporter: string, { message, hint }: RunProblem): void {
  const text = `warning: report by ${reporter}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
  addLines(opened, run, [{ at: new Date(opened.clock.wall()), text }]);
}

/** Gives reports of senders that are gone to others. */
export async function freeReports({ db, access, clock }: Opened, isGone: (holder: RunHolder) => boolean): Promise<void> {
  const senders = await access.read("reap reports", () => db.all("SELECT DISTINCT sender FROM report WHERE sender IS NOT NULL"));
  for (const { sender } of senders.filter(({ sender }) => isGone({ worker: String(sender), group: undefined }))) {
    await access.write("reap reports", () =>
      db.run("UPDATE report SET sender = NULL, due_at = :now WHERE sender = :sender", { sender: sender!, now: clock.steady() }),
    );
  }
}

/** Returns the reports of a run, but those of which nobody knows what they would be about. */
export function storedReports({ db }: Opened, run: StoredRun["id"]): readonly StoredReport[] {
  const rows = db.all("SELECT report.* FROM report JOIN run ON run.seq = report.run WHERE run.id = :run ORDER BY reporter", { run });
  return rows.flatMap(({ reporter, due_at, told_at, error, subject }) => {
    if (subject === null && told_at === null) return [];
    const problem = readJson<RunProblem>(error);
    const at = told_at === null ? undefined : new Date(Number(told_at));
    return [{ reporter: String(reporter), state: stateOfReport(due_at !== null, problem), at, error: problem }];
  });
}
