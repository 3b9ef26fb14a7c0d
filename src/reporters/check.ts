import { FairleadError } from "../core/errors.ts";
import type { CheckAnnotation, CheckConclusion, CheckReport, CheckRun, Checks } from "../core/git/checks.ts";
import type { GitProvider } from "../core/git/provider.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import type { Reporter, RunView, Subject } from "../core/reporter.ts";
import { ascii } from "../core/text/basic.ts";
import { cut } from "../core/text/cut.ts";
import { isFuture } from "./future.ts";
import { pageText } from "./page.ts";
import { orPlain } from "./plain.ts";
import { contextOf, headlineOf, oneLine, pageOf, verdictOf, type Verdict } from "./words.ts";

/** What a superseded run is: `stale` is GitHub's own to set. Undefined: it goes on. */
const conclusions: Readonly<Record<Verdict, CheckConclusion | undefined>> = {
  queued: undefined,
  running: undefined,
  success: "success",
  failure: "failure",
  canceled: "cancelled",
  superseded: "cancelled",
  skipped: "skipped",
};

/** A list of check runs shows more of a title than this to nobody. */
const longestTitle = 200;
const longestAnnotation = 4_000;

/** Shows a run as a check run of its commit, which only an App may write. */
export const check: Reporter = {
  name: "check",
  needs: ["checks:write"],
  async report(ctx, subject, view) {
    const { repository, commit, environment } = subject;
    const checks = requireChecks(ctx.gitProvider(repository.host), repository);
    const report = reportOf(contextOf(view, environment), checks, subject, view);
    const listed = await checks.list(repository, commit, report.name);
    const found = { checks, repository, report, annotations: annotationsOf(view) };
    if (await bringUpUnasked(found, ofRun(listed, report))) return;
    const own = await checks.own(repository, listed);
    if (await bringUp(found, ofRun(own, report))) return;
    if (isLate(own, report, ctx.now())) return;
    const made = await orPlain(
      () => checks.create(repository, commit, report, found.annotations),
      () => checks.create(repository, commit, plainOf(report), []),
    );
    if (report.conclusion === undefined) await followOther(found, await checks.list(repository, commit, report.name), made);
  },
};

interface Reporting {
  readonly checks: Checks;
  readonly repository: Repository;
  readonly report: CheckReport;
  readonly annotations: readonly CheckAnnotation[];
}

/**
 * Changes the one check run of the run, which says something else. GitHub refuses that where another App has made it, so nobody is asked who we are. Returns
 * false if there is no such one, or several, or one that is as it should be: whose that is, has to be known.
 */
async function bringUpUnasked(found: Reporting, ofRun: readonly CheckRun[]): Promise<boolean> {
  const [one, ...more] = ofRun;
  if (one === undefined || more.length > 0 || isToldBy(one, found.report)) return false;
  return await bringUp(found, ofRun);
}

/** Brings all check runs of the run up to its state: where two processes have made one each, both say the same. Returns false if there is none of ours. */
async function bringUp({ checks, repository, report, annotations }: Reporting, mine: readonly CheckRun[]): Promise<boolean> {
  let found = false;
  for (const each of mine) {
    const there = annotations.length > 0 && each.annotations > 0 ? await checks.annotations(repository, each.id) : [];
    const missing = annotations.filter((one) => !there.some((each) => isSameRemark(each, one)));
    const isThere = (isSame(each, report) && missing.length === 0) || isSame(each, plainOf(report));
    const update = (text: CheckReport, remarks: typeof missing) => () => checks.update(repository, each.id, text, remarks);
    if (isThere || (await orPlain(update(report, missing), update(plainOf(report), [])))) found = true;
  }
  return found;
}

/**
 * Another process may have made one for the same run since we looked. If the run has ended there, what was made here is late, and would stay unfinished:
 * it follows the other. All that ends a run is told to both by `bringUp`.
 */
async function followOther({ checks, repository, report }: Reporting, listed: readonly CheckRun[], made: number): Promise<void> {
  const others = ofRun(listed, report).filter(({ id, status }) => id !== made && status === "completed");
  const [ended] = await checks.own(repository, others);
  if (ended === undefined) return;
  const { title, summary, url } = ended;
  const conclusion = (ended.conclusion ?? "neutral") as CheckConclusion;
  await checks.update(repository, made, { ...report, conclusion, title, summary, url, completedAt: undefined }, []);
}

function ofRun(listed: readonly CheckRun[], { externalId }: CheckReport): readonly CheckRun[] {
  return listed.filter((each) => each.externalId === externalId);
}

/** A rule of a branch goes by the check run that was made last: one of an older run must not come after that of a newer one. Times have whole seconds. */
function isLate(listed: readonly CheckRun[], { externalId, startedAt }: CheckReport, now: Date): boolean {
  const second = (date: Date | undefined): number => Math.floor((date?.getTime() ?? 0) / 1000);
  const others = listed.filter((each) => isRun(each.externalId) && each.externalId !== externalId);
  return others.some((each) => second(each.startedAt) > second(startedAt) && !isFuture(each.startedAt?.getTime() ?? 0, now));
}

const isRun = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);

/** It begins when the run was made: by that, newer runs are told from older ones. */
function reportOf(name: string, { longest }: Checks, subject: Subject, view: RunView): CheckReport {
  const verdict = verdictOf(view);
  return {
    name,
    externalId: subject.run,
    conclusion: conclusions[verdict],
    status: verdict === "queued" ? "queued" : "in_progress",
    url: pageOf(subject.url, view),
    startedAt: view.createdAt,
    completedAt: view.endedAt,
    title: oneLine(headlineOf(view), longestTitle),
    summary: pageText(subject, view, longest),
  };
}

/** What is shown where the server refuses the text. */
function plainOf(report: CheckReport): CheckReport {
  const title = ascii(report.title);
  return { ...report, url: undefined, title, summary: `${title}\n\nThe server has refused the whole text.` };
}

function annotationsOf(view: RunView): readonly CheckAnnotation[] {
  const { error } = view;
  if (error?.place === undefined || verdictOf(view) !== "failure") return [];
  return [{ path: error.place.file, line: error.place.line, level: "failure", message: cut(error.message, longestAnnotation) }];
}

function isSameRemark(a: CheckAnnotation, b: CheckAnnotation): boolean {
  return a.path === b.path && a.line === b.line && a.message.trim() === b.message.trim();
}

function isToldBy(there: CheckRun, report: CheckReport): boolean {
  return isSame(there, report) || isSame(there, plainOf(report));
}

function isSame(there: CheckRun, { conclusion, status, url, title, summary }: CheckReport): boolean {
  const state = conclusion === undefined ? there.status === status : there.conclusion === conclusion;
  return state && (url === undefined || there.url === url) && there.title === title && there.summary.trim() === summary.trim();
}

function requireChecks({ name, checks }: GitProvider, repository: Repository): Checks {
  if (checks !== undefined) return checks;
  throw new FairleadError("unsupported", `create check run in ${formatRepository(repository)}: ${name} cannot do this`);
}
