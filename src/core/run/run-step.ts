import type { Context, StepOutcome, Plan, Step, Wait } from "./step.ts";
import type { RunOptions } from "./run-options.ts";
import { asFairleadError, FairleadError, Stale } from "../errors.ts";
import type { Json } from "../json.ts";

/** A step with any input. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list holds steps of different inputs; `run` takes each with its own
export type AnyStep = Step<any, Json>;

/** Attempts of a step: after `Stale`, it is planned again, this often in all. */
const attempts = 10;
/** Milliseconds that an effect under way may still take after the run was stopped. */
const grace = 10_000;
/** The first and the longest pause between two looks at what a step waits for, in milliseconds. */
const firstLook = 2_000;
const longestLook = 30_000;
/**
 * The shortest and the longest jitter window, in milliseconds. The pause before another plan is random within the
 * window.
 */
const shortestSpan = 50;
const longestSpan = 30_000;

let lastId = 0;

/**
 * Runs one step: checks for an abort, asks the journal, plans, and (not in a dry run) applies and records.
 * Reports each of these, and plans again on `Stale`.
 */
export async function runStep<In, Out extends Json>(
  ctx: Context,
  options: RunOptions,
  step: Step<In, Out>,
  input: In,
): Promise<StepOutcome<Out>> {
  const key = step.key(input);
  const about = { id: ++lastId, step: step.name };
  throwIfStopped(ctx.signal, step.name);
  ctx.report({ type: "step-started", ...about, key });
  try {
    const journaled = !ctx.dryRun && step.fresh !== true;
    const recorded = !journaled ? undefined : await options.journal.read(ctx.id, step.name, key);
    const outcome = (recorded as StepOutcome<Out> | undefined) ?? (await planAndApply(ctx, options, step, input, about));
    if (recorded === undefined && journaled) await options.journal.record(ctx.id, step.name, key, outcome);
    ctx.report({ type: "step-finished", ...about, ...outcome });
    return outcome;
  } catch (error) {
    const failure = ctx.signal.aborted ? stopped(step.name, error) : asFairleadError(error);
    ctx.report({ type: "step-failed", ...about, code: failure.code, message: failure.message });
    throw failure;
  }
}

/** Plans and applies until nothing throws `Stale`, and makes sure that no secret is in the result. */
async function planAndApply<In, Out extends Json>(
  ctx: Context,
  options: RunOptions,
  step: Step<In, Out>,
  input: In,
  about: { id: number; step: string },
): Promise<StepOutcome<Out>> {
  for (let attempt = 1; ; attempt++) {
    const plan = await planAfterWait(ctx, options, step, input);
    const began = ctx.now().getTime();
    ctx.report({ type: "step-planned", ...about, changes: plan.changes, ...(plan.diff === undefined ? {} : { diff: plan.diff }) });
    for (const message of plan.warnings) ctx.report({ type: "warning", message });
    const changed = plan.changes.length > 0;
    if (changed && !ctx.dryRun) await options.journal.begin(ctx.id, step.name, step.key(input));
    throwIfStopped(ctx.signal, step.name);
    try {
      const result = changed && !ctx.dryRun ? await applyWithGrace(plan, ctx.signal) : plan.expected;
      assertNoSecrets(options, step.name, result);
      return { result, changed };
    } catch (error) {
      if (!(error instanceof Stale)) throw error;
      if (attempt === attempts)
        throw new FairleadError("conflict", `${step.name}: ${error.message}, ${attempts} times`, {
          hint: "run it again when fewer others change it",
          cause: error,
        });
    }
    await options.delay(Math.random() * spanAfter(attempt, ctx.now().getTime() - began), ctx.signal);
  }
}

/** Jitter window: the attempt's own duration, doubled on each retry, so that concurrent runs spread out. */
function spanAfter(attempt: number, took: number): number {
  return Math.min(Math.max(took, shortestSpan) * 2 ** (attempt - 1), longestSpan);
}

/** Plans until there is nothing to wait for, and reports what is seen whenever it changes. A dry run does not wait. */
async function planAfterWait<In, Out extends Json>(ctx: Context, options: RunOptions, step: Step<In, Out>, input: In): Promise<Plan<Out>> {
  let reported = "";
  for (let pause = firstLook; ; pause = Math.min(Math.round(pause * 1.5), longestLook)) {
    const plan = await step.plan(ctx, input);
    if (plan.wait !== undefined && ctx.dryRun) options.onWait?.();
    if (plan.wait === undefined || ctx.dryRun) return plan;
    assertDeclared(step, plan.wait);
    const { for: what, seen, until, hint = "run it again to go on waiting, or give it more time" } = plan.wait;
    const left = until.getTime() - ctx.now().getTime();
    if (left <= 0) {
      throw new FairleadError("unavailable", `wait for ${what}: not until ${until.toISOString()}: ${seen}`, { hint });
    }
    if (seen !== reported) ctx.report({ type: "notice", message: `waiting for ${what}: ${seen}` });
    reported = seen;
    const longest = Math.min(pause, left);
    await (options.pause === undefined ? options.delay(longest, ctx.signal) : options.pause(plan.wait, longest));
  }
}

/** Throws `internal` for a wait on events that no listener would make for it. */
function assertDeclared({ name, wakesOn = [] }: Pick<AnyStep, "name" | "wakesOn">, { wakeOn }: Wait): void {
  const other = [wakeOn ?? []].flat().find(({ kind }) => !wakesOn.includes(kind));
  if (other !== undefined)
    throw new FairleadError("internal", `${name}: it waits for events of kind ${other.kind}, which is not in its wakesOn`);
}

/** After a stop, an effect under way may take some seconds to end: half an effect is worse than a late exit. */
async function applyWithGrace<Out extends Json>(plan: Plan<Out>, signal: AbortSignal): Promise<Out> {
  const patience = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    timer = setTimeout(() => patience.abort(signal.reason), grace).unref();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await plan.apply(patience.signal);
  } finally {
    signal.removeEventListener("abort", stop);
    clearTimeout(timer);
  }
}

function assertNoSecrets(options: RunOptions, step: string, result: Json): void {
  const text = JSON.stringify(result);
  if (options.redactor.redact(text) !== text) throw new FairleadError("internal", `${step}: its result holds a secret`);
}

function throwIfStopped(signal: AbortSignal, step: string): void {
  if (signal.aborted) throw stopped(step, signal.reason);
}

function stopped(step: string, cause: unknown): FairleadError {
  return cause instanceof FairleadError && cause.code === "canceled" ? cause : new FairleadError("canceled", `${step}: stopped`, { cause });
}
