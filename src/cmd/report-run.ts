import { asFairleadError, FairleadError } from "../core/errors.ts";
import { formatRepository } from "../core/git/repository.ts";
import type { Json } from "../core/json.ts";
import { opens } from "../core/opens.ts";
import type { Reporter, RunView, Subject } from "../core/reporter.ts";
import { autoReporter, reporterNamed } from "../core/reporter-named.ts";
import type { BuiltFrom, RunFacts } from "../core/run/facts.ts";
import { credentialsOf } from "../core/run/parsed-input.ts";
import { parseInput, type Pipeline } from "../core/run/pipeline.ts";
import type { RunSettings } from "../wire.ts";
import type { Session, Values } from "./command.ts";
import { jobPage } from "./job-page.ts";
import { findSubject } from "./report-subject.ts";

/** The end of a run: its result, or what it ended with, and the commit of the application that it has built or was to build. */
export type RunEnd = ({ readonly result: Json } | { readonly error: unknown }) & { readonly built: BuiltFrom | undefined };

/** What is told of a run of the command line, and by whom. */
export interface RunReports {
  readonly pipeline: Pipeline;
  /** As they were given: names, or `auto`. */
  readonly names: readonly string[];
  /** The repositories, and their owners, that labels of images may name. */
  readonly places: readonly string[];
  readonly reporters: readonly Reporter[];
  readonly session: Session;
  readonly settings: RunSettings;
  readonly input: Values;
  readonly run: string;
  readonly began: Date;
}

/** Milliseconds that whoever waits for the end of a command waits for its reports. */
const patience = 10_000;

/** Throws `input` for a name that no reporter has. */
export function assertReporters(names: readonly string[], reporters: readonly Reporter[]): void {
  const known = ["auto", ...reporters.map(({ name }) => name)];
  const wrong = names.find((name) => !known.includes(name));
  if (wrong === undefined) return;
  throw new FairleadError("input", `report run: there is no reporter "${wrong}"`, { hint: `name one of ${known.join(", ")}` });
}

/**
 * Tells the end of a run, however it has ended: also one that was stopped. There is one report for each reporter, and none before, so that nothing
 * stays pending. What cannot be told is a warning: the run is what it is. It never throws, and ends after ten seconds.
 */
export async function reportEnd(reports: RunReports, end: RunEnd): Promise<void> {
  const { names, session, pipeline } = reports;
  const warn = (error: unknown): void => session.report({ type: "warning", message: `report run: ${asFairleadError(error).message}` });
  try {
    const values = parseInput(pipeline.name, pipeline.input, reports.input);
    const facts = factsOf(pipeline, end, values);
    const { run, places } = reports;
    const { subject, refused } = findSubject({ run, facts, built: end.built, values, places, filled: session.filled });
    if (refused !== undefined) session.report({ type: "warning", message: `${refused.message}: ${refused.hint}` });
    else if (subject === undefined) throw new FairleadError("input", "nobody knows the commit that it is about");
    if (subject === undefined) return;
    const view = viewOf(reports, facts, end);
    const configured = session.filled?.config?.credentials ?? {};
    const nameOf = (name: string): string => (name === "auto" ? autoReporter(configured, formatRepository(subject.repository)) : name);
    await Promise.all([...new Set(names.map(nameOf))].map((name) => send(reports, { name, subject, view, values }).catch(warn)));
  } catch (error) {
    warn(error);
  }
}

interface Sent {
  readonly name: string;
  readonly subject: Subject;
  readonly view: RunView;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The run's own signal may be aborted by now, so that the report has ports of its own. */
async function send({ reporters, settings, session, pipeline, run }: RunReports, { name, subject, view, values }: Sent): Promise<void> {
  const repository = formatRepository(subject.repository);
  const reporter = reporterNamed(name, reporters);
  const signal = AbortSignal.timeout(patience);
  const { openRun } = await import("../wire.ts");
  await using open = openRun({ ...settings, dryRun: false, signal });
  const given = credentialsOf(pipeline.input, values).filter((each) => opens(each.for, repository));
  const scope = { session: `fairlead-${run}`, images: [], hosts: [subject.repository], needs: reporter.needs, input: {} };
  const ports = open.options.ports(given, scope);
  const late = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => late.reject(new FairleadError("unavailable", `${repository} has not answered in time`)));
  const ctx = { gitProvider: (host: string) => ports.gitProvider(host), signal, now: () => new Date(), report: session.report };
  const sent = reporter.report({ ...ctx, page: jobPage(session.io.env) }, subject, view);
  await Promise.race([sent, late.promise]);
}

function factsOf(pipeline: Pipeline, end: RunEnd, values: Readonly<Record<string, unknown>>): RunFacts {
  return "result" in end ? (pipeline.facts?.(end.result, values) ?? noFacts) : noFacts;
}

const noFacts: RunFacts = { images: [], pullRequest: undefined };

function viewOf({ pipeline, began, session }: RunReports, facts: RunFacts, end: RunEnd): RunView {
  const times = { createdAt: began, startedAt: began, endedAt: new Date() };
  const common = { pipeline: pipeline.name, route: undefined, reason: undefined, outdated: false, ...times, facts };
  if ("result" in end) return { ...common, state: "succeeded", error: undefined, rollout: rolloutOf(facts) };
  const { code, message, hint, place } = asFairleadError(end.error);
  const said = { code, message: session.redactor.redact(message), hint: hint && session.redactor.redact(hint), place };
  return { ...common, state: session.signal.aborted ? "canceled" : "failed", error: said, rollout: undefined };
}

function rolloutOf({ pullRequest, merged }: RunFacts): RunView["rollout"] {
  if (pullRequest === undefined && merged === undefined) return undefined;
  return { state: merged === undefined ? "proposed" : merged.ready ? "ready" : "merged", commit: merged?.commit, at: new Date() };
}
