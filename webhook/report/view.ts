import type { Rollout, RunView } from "../../src/core/reporter.ts";
import { noFacts, type RunFacts } from "../../src/core/run/facts.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import type { Route } from "../config.ts";
import type { NewRollout } from "../store-reports.ts";
import type { StoredRun } from "../store.ts";

type Values = Readonly<Record<string, unknown>>;

/** Returns what a run has made, by its stored result. A result that an older version has stored in another form tells nothing. */
export function factsOf(pipeline: Pipeline, { state, result }: Pick<StoredRun, "state" | "result">, input: Values): RunFacts {
  if (state !== "succeeded" || result === undefined || result === null || pipeline.facts === undefined) return noFacts;
  try {
    return pipeline.facts(result, input);
  } catch {
    return noFacts;
  }
}

/** Returns the whole state of a stored run of a route. */
export function viewOf({ reportAs }: Pick<Route, "reportAs">, run: StoredRun, facts: RunFacts, rollout: Rollout | undefined): RunView {
  const { pipeline, state, reason, outdated, error, createdAt, startedAt, endedAt } = run;
  const problem = error && { code: error.code, message: error.message, hint: error.hint, place: error.place };
  return { pipeline, route: reportAs, state, reason, outdated, error: problem, createdAt, startedAt, endedAt, facts, rollout };
}

/** Returns the change of a Flux repository that a run has made, to be followed; undefined where it has made none. */
export function rolloutOf({ pullRequest, merged, images }: RunFacts, { readyStatus }: Values): NewRollout | undefined {
  const repository = pullRequest?.repository ?? merged?.repository;
  if (repository === undefined) return undefined;
  return {
    repository,
    number: pullRequest?.number,
    commit: merged?.commit,
    ready: merged?.ready ?? false,
    object: typeof readyStatus === "string" ? readyStatus : undefined,
    images: images.map(({ image, from }) => ({ image, from })),
  };
}
