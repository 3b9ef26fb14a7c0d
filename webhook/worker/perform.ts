import { asFairleadError } from "../../src/core/errors.ts";
import { createRedactor, parseSecretReference, type Redactor } from "../../src/core/secret.ts";
import { commandTimeout, openSecret } from "../../src/secrets.ts";
import type { ListenerConfig } from "../config.ts";
import { heldUntil, monotonic } from "../run/lifeline.ts";
import { looks } from "../run/current.ts";
import { routeOf } from "../run/execute.ts";
import { isGated } from "../run/gate.ts";
import type { Claim, Ending, RunState, Store } from "../store.ts";
import { endingOf, failedEnding } from "./ending.ts";
import { assertNotRevoked, configTextOf, nothingInForce } from "./revoked.ts";
import { runAccess } from "./run-access.ts";
import { secretNames } from "./secret-names.ts";
import { createRunLog, type RunLog } from "./run-log.ts";
import { spawnRun, type ProcessEnding, type RunHandlers, type RunStart } from "./spawn-run.ts";
import { watch, type WorkerTimings, type StopReason } from "./watch.ts";

/** The parts of a worker that each run uses. */
export interface Performing {
  readonly store: Store;
  readonly timings: WorkerTimings;
  readonly readConfig: (text: string) => ListenerConfig;
  /** Aborted when the worker is to give back what it has. */
  readonly signal: AbortSignal;
}

/** The end of a run in a worker's hands. */
export interface Performed {
  /** The state of the run. `lost`: it is another's by now, and nothing was stored. */
  readonly state: RunState | "lost";
  /** The error of an attempt that has failed. */
  readonly error?: string;
  /** The engine did not answer: the next run would find it so too. */
  readonly engineAway: boolean;
}

/** Performs a run in a process of its own, and stores how it ended. Throws `unavailable` when that cannot be stored: its lease ends by itself. */
export async function perform(claim: Claim, performing: Performing): Promise<Performed> {
  const { store } = performing;
  const redactor = createRedactor();
  const prepared = await prepare(claim, performing, redactor).catch((error: unknown) => failedEnding(error, redactor));
  if ("state" in prepared) {
    return { state: await store.finish(claim, prepared), ...errorOf(prepared), engineAway: false };
  }
  const { ended, reason } = await runToEnd(prepared, performing, createRunLog(store, claim, redactor));
  if (reason === "lost") return { state: reason, engineAway: false };
  const ending = endingOf(ended, reason, claim);
  const state = await finish(store, claim, ending);
  if (state === "lost") return { state, engineAway: false };
  return { state, ...errorOf(ending), engineAway: ended.state === "no-engine" };
}

function errorOf(ending: Ending): { readonly error?: string } {
  return ending.state === "failed" ? { error: ending.error.message } : {};
}

/** Stores how a run ended. Returns `lost` when it is another's by now: its process may have found that out before this one. */
async function finish(store: Store, claim: Claim, ending: Ending): Promise<Performed["state"]> {
  try {
    return await store.finish(claim, ending);
  } catch (error) {
    if (asFairleadError(error).code === "conflict") return "lost";
    throw error;
  }
}

async function runToEnd(
  given: RunStart,
  performing: Performing,
  log: RunLog,
): Promise<{ readonly ended: ProcessEnding; readonly reason: StopReason | undefined }> {
  const { store, timings, signal } = performing;
  const { claim } = given;
  const run = spawnRun(given, { ...keepJournal(claim, performing), log: (text) => log.add(text), failed: () => guard.stop("lost") });
  using guard = watch(claim, run, store, timings, signal);
  const ended = await run.ended;
  await log.flush();
  return { ended, reason: guard.reason() };
}

function keepJournal(claim: Claim, { store, timings }: Performing): Omit<RunHandlers, "log" | "failed"> {
  return {
    started: (group) => store.noteGroup(claim, group),
    read: (step, key) => store.recorded(claim, step, key),
    claim: (step, key) => store.claimKey(claim, step, key),
    async begin() {
      await store.heartbeat(claim, timings.lease);
    },
    record: (step, key, entry) => store.record(claim, step, key, entry),
    found: (decision) => store.noteDecision(claim, decision),
  };
}

/** Reads what a run is to be given: its configuration of then, and its secrets of now. */
async function prepare(claim: Claim, { store, timings, readConfig }: Performing, redactor: Redactor): Promise<RunStart> {
  const text = await configTextOf(claim, store);
  const config = readConfig(text);
  const route = routeOf(config, claim);
  const trigger = { event: claim.event, newest: claim.policy === "newest", readAgain: route.readAgain, filter: route.filter };
  const isLooking = looks(route.pipeline, trigger) || isGated(route.gate, claim.event) || route.fromRepository !== undefined;
  const access = runAccess(config, route, claim.input, isLooking ? claim.event : undefined);
  const { credentials, references, machine } = access;
  const inForce = (await store.configInForce()) ?? nothingInForce;
  if (inForce !== text) assertNotRevoked(claim, access, readConfig(inForce));
  if (references.some(isCommand)) await store.heartbeat(claim, timings.lease + commandTimeout); // a vault may be slow
  const nameOf = secretNames(credentials, route);
  const values = await Promise.all(references.map((each) => openSecret(each, nameOf(each), redactor).reveal()));
  const secrets = Object.fromEntries(references.map((each, index) => [each, values[index]!]));
  // a lease was prolonged at most a fifth of it ago, so half of it is less than what is left
  const grace = Math.min(timings.grace, timings.lease / 2);
  const { memoryBytes } = config.limits;
  const begin = await readBegin(claim, store);
  const now = monotonic();
  await store.heartbeat(claim, timings.lease); // what was read may have taken most of it
  return { claim, ...begin, grace, held: heldUntil(now, now, timings.lease), config: text, credentials, secrets, machine, memoryBytes };
}

/** Tells whether a secret is what a command prints. */
function isCommand(reference: string): boolean {
  return parseSecretReference(reference).kind === "cmd";
}

/** Returns when the run was begun for the first time, from which what it waits for is counted, and whether that was before now. */
async function readBegin(claim: Claim, store: Store): Promise<Pick<RunStart, "began" | "resumed">> {
  const recorded = await store.recorded(claim, "begin", "");
  if (typeof recorded?.result === "number") return { began: recorded.result, resumed: true };
  const now = Date.now();
  await store.record(claim, "begin", "", { result: now, changed: false });
  return { began: now, resumed: false };
}
