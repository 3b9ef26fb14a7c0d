import { asFairleadError, FairleadError } from "../../src/core/errors.ts";
import { createRedactor, redactAll } from "../../src/core/secret.ts";
import { openSecret } from "../../src/secrets.ts";
import type { Telling, Told } from "../report/messages.ts";
import { subjectOfFacts } from "../report/subject.ts";
import { factsOf } from "../report/view.ts";
import { routeOf } from "../run/execute.ts";
import type { LookClaim, LookEnding, ReportEnding } from "../store-reports.ts";
import type { ReportClaim, StoredRun } from "../store.ts";
import { reportAccess, reportInput } from "./report-access.ts";
import { configTextOf, nothingInForce } from "./revoked.ts";
import { secretNames } from "./secret-names.ts";
import { spawnReport } from "./spawn-report.ts";
import type { Working } from "./work.ts";

/** Milliseconds that telling one thing may take, and for which nobody else tells it. */
const longest = 60_000;
const lease = 90_000;

/** Milliseconds between two tries to find something to tell when nobody has told of one. */
const poll = 1_000;

/** The parts of a sender. */
export type Sending = Pick<Working, "store" | "readConfig" | "signal" | "name" | "report" | "idle">;

/**
 * Tells of runs until the signal is aborted. It is no matter of the process of a run: that of a run which was superseded, canceled or lost there is none.
 * What the store gives is sent at once, so that a server that does not answer holds up nothing else. It never throws.
 */
export async function send(sending: Sending): Promise<void> {
  await Promise.all([drain(sending, () => nextReport(sending)), drain(sending, () => nextLook(sending))]);
}

/** Takes what is next as soon as the store gives it, and waits for none before. */
async function drain(sending: Sending, next: () => Promise<(() => Promise<void>) | undefined>): Promise<void> {
  const { signal, report, idle } = sending;
  const open = new Set<Promise<void>>();
  while (!signal.aborted) {
    try {
      const start = await next();
      if (start === undefined) await Promise.race([idle(poll), ...open]);
      else keep(open, start(), report);
    } catch (error) {
      if (signal.aborted) break;
      report.failed(asFairleadError(error));
      await idle(poll);
    }
  }
  await Promise.all(open);
}

function keep(open: Set<Promise<void>>, started: Promise<void>, report: Sending["report"]): void {
  const ended = started.catch((error: unknown) => report.failed(asFairleadError(error))).finally(() => open.delete(ended));
  open.add(ended);
}

async function nextReport(sending: Sending): Promise<(() => Promise<void>) | undefined> {
  const claim = await sending.store.claimReport(sending.name, lease);
  return claim && (() => sendReport(sending, claim));
}

async function sendReport(sending: Sending, claim: ReportClaim): Promise<void> {
  const told = await tellBy(sending, claim.run, { report: claim });
  const ending = "report" in told ? told.report : failedReport(told, sending.signal);
  await unlessTaken(sending.store.endReport(claim, ending));
}

async function nextLook(sending: Sending): Promise<(() => Promise<void>) | undefined> {
  const claim = await sending.store.claimLook(sending.name, lease);
  return claim && (() => look(sending, claim));
}

/** Asks a provider. Its run may be deleted by now. */
async function look(sending: Sending, claim: LookClaim): Promise<void> {
  const { store, signal } = sending;
  const run = await store.run(claim.run);
  const told = run === undefined ? undefined : await tellBy(sending, run, { look: claim, run });
  const ending = told !== undefined && "look" in told ? told.look : failedLook(told, signal);
  await unlessTaken(store.endLook(claim, ending));
}

function failedLook(told: Told | NotTold | undefined, signal: AbortSignal): LookEnding {
  if (signal.aborted) return { state: "wanted" };
  const retry = told !== undefined && ("died" in told || ("error" in told && told.error.code === "unavailable"));
  return { state: "failed", retry };
}

type NotTold = { readonly died: string } | { readonly error: FairleadError };

/** A worker that stops gives back what it has; what takes too long, or dies, is tried again. */
function failedReport(told: Told | NotTold, signal: AbortSignal): ReportEnding {
  if (signal.aborted) return { state: "wanted" };
  if ("error" in told) {
    const { code, message, hint } = told.error;
    return { state: "failed", retry: code === "unavailable", error: { code, message, hint } };
  }
  const how = "died" in told ? told.died : "it said nothing";
  return {
    state: "failed",
    retry: true,
    error: { code: "unavailable", message: `report run: its process ended (${how})`, hint: undefined },
  };
}

/** Another has it by now: its word counts. */
async function unlessTaken(ended: Promise<void>): Promise<void> {
  await ended.catch((error: unknown) => {
    if (asFairleadError(error).code !== "conflict") throw error;
  });
}

async function tellBy(sending: Sending, run: StoredRun, telling: Telling): Promise<Told | NotTold> {
  const redactor = createRedactor();
  try {
    const text = await configTextOf(run, sending.store);
    const config = sending.readConfig(text);
    const repository = repositoryOf(telling, () => knownByResult(config, run));
    if (repository === undefined) return { report: { state: "nothing" } };
    const inForce = (await sending.store.configInForce()) ?? nothingInForce;
    const access = reportAccess(config, sending.readConfig(inForce), run, repository);
    const { credentials, references } = access;
    const nameOf = secretNames(credentials, routeOf(config, run));
    const reveal = async (reference: string): Promise<readonly [string, string]> => [
      reference,
      await openSecret(reference, nameOf(reference), redactor).reveal(),
    ];
    const secrets = Object.fromEntries(await Promise.all(references.map(reveal)));
    const signal = AbortSignal.any([sending.signal, AbortSignal.timeout(longest)]);
    return await spawnReport({ telling, config: text, credentials, secrets, memoryBytes: config.limits.memoryBytes, signal });
  } catch (error) {
    const { code, message, hint } = asFairleadError(error);
    const shown = redactAll(redactor, { message, hint });
    return { error: new FairleadError(code, shown.message, { hint: shown.hint }) };
  }
}

function repositoryOf(telling: Telling, byResult: () => string | undefined): string | undefined {
  if ("look" in telling) return telling.look.rollout.repository;
  return telling.report.subject?.repository ?? byResult();
}

/** Of an event that names no commit, only what was made tells what the run is about. */
function knownByResult(config: ReturnType<Sending["readConfig"]>, run: ReportClaim["run"]): string | undefined {
  const route = routeOf(config, run);
  const values = reportInput(route, run.input);
  return subjectOfFacts(factsOf(route.pipeline, run, values), route.reports.places, values)?.repository;
}
