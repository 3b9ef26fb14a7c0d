import { asFairleadError, withDetails, type FairleadError } from "../errors.ts";
import type { RunAddress } from "../git/dispatch.ts";
import { formatRepository } from "../git/repository.ts";
import type { Claimed } from "../run/journal.ts";
import { unchanged, type Context, type Plan, type Step } from "../run/step.ts";
import { findRuns, guessed, type DispatchedRuns } from "./runs.ts";

/** How a dispatch is known again. */
export interface DispatchIdentity {
  /** The name of what has started the run, the same however often it is told of; undefined: each run is meant. */
  readonly once: string | undefined;
  /** A text that the title of its run has, and no other; undefined: the workflow shows none. */
  readonly mark: string | undefined;
}

/** When a dispatch was made, and its run where the server told which it is. In a dry run there is neither. */
export type Dispatched = { readonly at: string | null; readonly run: RunAddress | null };

/** Returns the end of a key, behind a space; nothing where each run is meant. */
export function known(once: string | undefined): string {
  return once === undefined ? "" : ` ${once}`;
}

/** Milliseconds from a run's beginning in which another run of the same key may still end. */
const patience = 30 * 60_000;
const nothing: Dispatched = { at: null, run: null };

/** What is known before a dispatch is planned: the whole plan where there is nothing to do, and what people are told. */
interface Before {
  readonly plan?: Plan<Dispatched>;
  readonly warnings: readonly string[];
}

/**
 * Returns the plan of a dispatch that another run makes or has made, or that this one may have made before it lost its process: a run of the workflow
 * tells. Without a plan, it is to be made.
 */
export async function dispatchOnce<In extends DispatchIdentity>(
  ctx: Context,
  step: Step<In, Dispatched>,
  input: In,
  wanted: DispatchedRuns,
): Promise<Before> {
  const claimed: Claimed = input.once === undefined ? { state: "ours", since: null } : await ctx.claim(step.name, step.key(input));
  if (claimed.state === "done") return { plan: unchanged(claimed.result as Dispatched), warnings: [] };
  if (claimed.state === "held") {
    const until = new Date(ctx.began.getTime() + patience);
    const wait = { for: `run ${claimed.by}, which has the same key`, seen: "it has not dispatched yet", until };
    return { plan: { ...unchanged(nothing), wait }, warnings: [] };
  }
  const since = earliest(ctx, claimed.since);
  return since === undefined ? { warnings: [] } : await lookBack(ctx, wanted, since);
}

/** Returns when a dispatch of this run, or of one of its key, may have been made first; undefined where nobody knows of any. */
function earliest({ resumed, began }: Context, since: number | null): Date | undefined {
  const times = [...(resumed ? [began.getTime()] : []), ...(since === null ? [] : [since])];
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

async function lookBack(ctx: Context, wanted: DispatchedRuns, since: Date): Promise<Before> {
  const name = formatRepository(wanted.repository);
  try {
    const { runs, login } = await findRuns(ctx, wanted, since);
    const [run, ...others] = runs;
    if (run === undefined) return { warnings: [] };
    const at = since.toISOString();
    if (others.length === 0)
      return { plan: unchanged({ at, run: { id: run.id, url: run.url } }, guessed(wanted, run, login)), warnings: [] };
    const ids = [run, ...others].map(({ id }) => id).join(", ");
    return {
      plan: unchanged({ at, run: null }, [`${name}: one of the runs ${ids} was started before: it is not started again`]),
      warnings: [],
    };
  } catch (error) {
    const { code, message } = asFairleadError(error);
    if (!["unauthenticated", "forbidden", "not_found"].includes(code)) throw error;
    return { warnings: [`${name}: cannot tell whether this was dispatched before: ${message}`] };
  }
}

/** Returns the error of a dispatch that may have been made all the same: a lost answer says nothing. */
export function inDoubt(error: unknown): FairleadError {
  const failure = asFairleadError(error);
  return failure.code === "unavailable" ? withDetails(failure, { hint: "look whether it was started, then run it again" }) : failure;
}
